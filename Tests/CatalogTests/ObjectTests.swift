import Base
import Catalog
import LakehouseTesting
import Metastore
import Testing

@Suite struct ObjectTests {
    private let definition = FunctionDefinition(
        parameters: [FunctionParameter(name: "x", type: "STRING")], returnType: "STRING", body: "x")

    /// Names with every character that SQL, URLs, paths and JSON treat specially, for every kind of object.
    @Test(arguments: [
        "it's", "a\"b", "a`b", "100%", "a%2Fb", "a?b=c&d", "#x", "a;DROP TABLE t--", "{\"k\":1}", "[0]", "$1",
        "?",
        "a b", "a+b", "<x>", "a,b", "a:b", "~", "*", "é", "日本語", "😀", "null", "true", "-1", "select", "a=b",
        "a\u{A0}b",
    ])
    func everyKindTakesHostileNames(_ name: String) async throws {
        let catalog = try await CatalogFixture().catalog
        let full = QualifiedName(name: name)
        #expect(try await catalog.createVolume(full).name.name == name)
        #expect(try await catalog.createModel(full).name.name == name)
        #expect(try await catalog.createFunction(full, definition).name.name == name)
        try await catalog.createCredential(name, CredentialDefinition(.local))
        try await catalog.createExternalLocation(name, url: "/lake/x", credential: name)
        try await catalog.createModelVersion(full)
        try await catalog.setModelAlias(name, of: full, to: 1)
        #expect(try await catalog.volume(full).name == full)
        #expect(try await catalog.function(full).definition == definition)
        #expect(try await catalog.modelVersion(full, alias: name).aliases == [name])
        #expect(try await catalog.externalLocation(name).credentialName == name)
        #expect(try await catalog.volumes().entries.map(\.name.name) == [name])
        #expect(try await catalog.securable(.credential, [name]).name == name)
        // The full name as it is written is read back as the same name.
        #expect(try QualifiedName(try await catalog.volume(full).name.description) == full)
        let missing = await failure { _ = try await catalog.volume(QualifiedName(name: name + "x")) }
        #expect(missing?.code == .notFound)
        try await catalog.dropVolume(full)
        try await catalog.dropModel(full, force: true)
        try await catalog.dropFunction(full)
        try await catalog.dropExternalLocation(name)
        try await catalog.dropCredential(name)
        #expect(try await catalog.dropSchema("default2", ifExists: true).isEmpty)
    }

    @Test(arguments: ["", "a.b", "a/b", "a\\b", "a\0b", "a\nb", String(repeating: "x", count: 256)])
    func everyKindRefusesNamesThatCannotBe(_ name: String) async throws {
        let catalog = try await CatalogFixture().catalog
        let full = QualifiedName(name: name)
        let errors = [
            await failure { try await catalog.createVolume(full) },
            await failure { try await catalog.createModel(full) },
            await failure { try await catalog.createFunction(full, definition) },
            await failure { try await catalog.createCredential(name, CredentialDefinition(.local)) },
            await failure { try await catalog.createExternalLocation(name, url: "/lake/x") },
        ]
        #expect(errors.allSatisfy { $0?.code == .invalidInput })
    }

    /// Many make one name at once: one gets it, whatever the kind.
    @Test(arguments: MetastoreKind.allCases) func ofManyCreatorsOneWins(_ kind: MetastoreKind) async throws {
        let fixture = try await CatalogFixture(kind)
        let other = try await fixture.reopened()
        let won = try await withThrowingTaskGroup(of: Bool.self) { group in
            for n in 0..<20 {
                let catalog = n % 2 == 0 ? fixture.catalog : other
                group.addTask {
                    let error = await failure { try await catalog.createVolume(QualifiedName(name: "v")) }
                    #expect(error == nil || error?.code == .alreadyExists)
                    return error == nil
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(won == 1)
    }

    @Test func managedVolumesAndModelsLieBesideTheWarehouse() async throws {
        let catalog = try await CatalogFixture().catalog
        let volume = try await catalog.createVolume(try QualifiedName("v"))
        #expect(volume.kind == .managed && volume.location == "/lake house/volumes/" + volume.id)
        let model = try await catalog.createModel(try QualifiedName("m"))
        #expect(model.location == "/lake house/models/" + model.id)
        for place in [volume.location, model.location, "/lake house/volumes", "/lake house"] {
            #expect(
                await failure { try await catalog.createExternalLocation("e", url: place) }?.code
                    == .invalidInput)
        }
    }

    // MARK: Models

    @Test(arguments: MetastoreKind.allCases) func versionsAreNumberedAndANumberIsNeverGivenAgain(
        _ kind: MetastoreKind
    ) async throws {
        let catalog = try await CatalogFixture(kind).catalog
        let name = try QualifiedName("m")
        try await catalog.createModel(name)
        let first = try await catalog.createModelVersion(
            name, ModelVersionDefinition(source: "runs:/1", runID: "r1", comment: "c"))
        #expect(first.version == 1 && first.status == .pending && first.runID == "r1")
        try await catalog.createModelVersion(name)
        try await catalog.deleteModelVersion(name, 2)
        #expect(try await catalog.createModelVersion(name).version == 3)
        #expect(try await catalog.modelVersions(name).entries.map(\.version) == [3, 1])
        #expect(try await catalog.modelVersions(name, limit: 1).next == "3")
        #expect(try await catalog.modelVersions(name, limit: 1, after: "3").entries.map(\.version) == [1])
        #expect(try await catalog.finalizeModelVersion(name, 1).status == .ready)
        #expect(try await catalog.finalizeModelVersion(name, 1).status == .ready)
        #expect(
            await failure { try await catalog.finalizeModelVersion(name, 1, as: .failed) }?.code
                == .failedPrecondition)
        #expect(await failure { _ = try await catalog.modelVersion(name, 2) }?.code == .notFound)
    }

    @Test(arguments: MetastoreKind.allCases) func aliasesMoveAndGoWithTheirVersion(_ kind: MetastoreKind)
        async throws
    {
        let catalog = try await CatalogFixture(kind).catalog
        let name = try QualifiedName("m")
        try await catalog.createModel(name)
        for _ in 0..<2 { try await catalog.createModelVersion(name) }
        try await catalog.setModelAlias("Champion", of: name, to: 1)
        try await catalog.setModelAlias("champion", of: name, to: 2)
        #expect(try await catalog.modelVersion(name, alias: "CHAMPION").version == 2)
        #expect(try await catalog.modelVersion(name, 1).aliases == [])
        try await catalog.deleteModelVersion(name, 2)
        #expect(
            await failure { _ = try await catalog.modelVersion(name, alias: "champion") }?.code == .notFound)
        #expect(await failure { try await catalog.dropModel(name) }?.code == .failedPrecondition)
        #expect(try await catalog.dropModel(name, force: true)?.name == name)
    }

    /// Two servers register versions at once: no number is given twice and none is lost.
    @Test(arguments: MetastoreKind.allCases) func versionsRegisteredAtOnceGetNumbersOfTheirOwn(
        _ kind: MetastoreKind
    ) async throws {
        let fixture = try await CatalogFixture(kind)
        let name = try QualifiedName("m")
        try await fixture.catalog.createModel(name)
        let other = try await fixture.reopened()
        let numbers = try await withThrowingTaskGroup(of: Int64.self) { group in
            for n in 0..<20 {
                let catalog = n % 2 == 0 ? fixture.catalog : other
                group.addTask { try await catalog.createModelVersion(name).version }
            }
            return try await group.reduce(into: Set<Int64>()) { $0.insert($1) }
        }
        #expect(numbers == Set(1...20))
    }

    // MARK: Locations and credentials

    @Test(arguments: [
        ("/a/b", "/a/b"), ("/a/b", "file:///a/b/"), ("/a/b", "/a/b/c"), ("/a/b/c", "/a/b"),
        ("s3://x/y", "s3a://x/y/z"),
        ("s3://x/y", "s3n://x"), ("/a", "/"), ("gs://x", "GS://x/y"),
    ])
    func externalLocationsDoNotOverlap(_ one: String, _ two: String) async throws {
        let catalog = try await CatalogFixture().catalog
        try await catalog.createCredential("c", CredentialDefinition(.local))
        try await catalog.createExternalLocation("one", url: one, credential: "c")
        let error = await failure {
            try await catalog.createExternalLocation("two", url: two, credential: "c")
        }
        #expect(error?.code == .failedPrecondition || two == "/")
        #expect(error != nil)
    }

    @Test(arguments: [("/a/b", "/a/bc"), ("s3://x/y", "s3://x/yz"), ("s3://x", "s3://xy"), ("/x", "s3://x")])
    func neighboursAreNoOverlap(_ one: String, _ two: String) async throws {
        let catalog = try await CatalogFixture().catalog
        try await catalog.createCredential("c", CredentialDefinition(.local))
        try await catalog.createExternalLocation("one", url: one, credential: "c")
        #expect(try await catalog.createExternalLocation("two", url: two, credential: "c").name == "two")
    }

    @Test(arguments: ["", "a/b", "../x", "/a/../b", "/a//b", "s3://", "s3:///x", "://x", "/a\u{1}b", "/./a"])
    func placesThatAreNoneAreRefused(_ url: String) async throws {
        let catalog = try await CatalogFixture().catalog
        try await catalog.createCredential("c", CredentialDefinition(.local))
        #expect(
            await failure { try await catalog.createExternalLocation("e", url: url, credential: "c") }?.code
                == .invalidInput)
        #expect(
            await failure { try await catalog.createVolume(try QualifiedName("v"), location: url) }?.code
                == .invalidInput)
    }

    @Test(arguments: MetastoreKind.allCases) func secretsAreNeverShownAgain(_ kind: MetastoreKind)
        async throws
    {
        let fixture = try await CatalogFixture(kind)
        let catalog = fixture.catalog
        let made = try await catalog.createCredential(
            "c",
            CredentialDefinition(
                .azureServicePrincipal,
                ["directory_id": "d", "application_id": "a", "client_secret": "hush"]))
        #expect(made.facts == ["directory_id": "d", "application_id": "a"])
        #expect(!"\(try await catalog.credential("c"))".contains("hush"))
        #expect(try await catalog.credentialSecrets(id: made.id) == ["client_secret": "hush"])
        try await catalog.updateCredential("c", CredentialDefinition(.awsIAMRole, ["role_arn": "arn"]))
        #expect(try await catalog.credentialSecrets(id: made.id) == [:])
        #expect(
            await failure { try await catalog.createCredential("d", CredentialDefinition(.awsIAMRole)) }?.code
                == .invalidInput)
    }

    // MARK: What others depend on

    @Test(arguments: MetastoreKind.allCases) func whatOthersDependOnStays(_ kind: MetastoreKind) async throws
    {
        let fixture = try await CatalogFixture(kind)
        let catalog = fixture.catalog
        try await catalog.createCredential("key", CredentialDefinition(.local))
        try await catalog.createExternalLocation("place", url: "/data", credential: "key")
        let table = try await fixture.makeTable("t", location: "/data/t")
        let refusal = await failure { try await catalog.dropCredential("key") }
        #expect(
            refusal?.code == .failedPrecondition
                && refusal?.message.contains("external location place") == true)
        let holding = await failure { try await catalog.dropExternalLocation("place") }
        #expect(holding?.message.contains("table main.default.t") == true)
        #expect(
            await failure {
                try await catalog.updateExternalLocation("place", ExternalLocationChanges(url: "/other"))
            }?.code == .failedPrecondition)
        let moved = try await catalog.updateExternalLocation(
            "place", ExternalLocationChanges(url: "/other", force: true))
        #expect(moved.url == "/other")
        try await catalog.dropCredential("key", force: true)
        #expect(try await catalog.externalLocation("place").credentialName == nil)
        #expect(try await catalog.table(id: table.id) != nil)
    }

    @Test(arguments: MetastoreKind.allCases) func aFunctionThatIsUsedStays(_ kind: MetastoreKind) async throws
    {
        let fixture = try await CatalogFixture(kind)
        let catalog = fixture.catalog
        try await catalog.createSchema("lib")
        let function = try await catalog.createFunction(try QualifiedName("lib.f"), definition)
        let table = try await fixture.makeTable("t")
        try await fixture.addPolicy(function.id, on: table.id)
        let refusal = await failure { try await catalog.dropFunction(try QualifiedName("lib.f")) }
        #expect(
            refusal?.code == .failedPrecondition && refusal?.message.contains("table main.default.t") == true)
        // Nor can it go with its schema, since the table does not.
        let cascade = await failure { try await catalog.dropSchema("lib", cascade: true) }
        #expect(cascade?.code == .failedPrecondition && cascade?.message.contains("main.default.t") == true)
        try await catalog.renameFunction(try QualifiedName("lib.f"), to: "g")
        try await catalog.dropTable(try QualifiedName("t"))
        try await catalog.dropFunction(try QualifiedName("lib.g"))
    }

    @Test(arguments: MetastoreKind.allCases) func aFunctionGoesWithTheTablesThatUseIt(_ kind: MetastoreKind)
        async throws
    {
        let fixture = try await CatalogFixture(kind)
        let catalog = fixture.catalog
        try await catalog.createCatalog("c")
        try await catalog.createSchema("a", in: "c")
        let function = try await catalog.createFunction(try QualifiedName("c.default.f"), definition)
        let table = try await fixture.makeTable("c.a.t")
        try await fixture.addPolicy(function.id, on: table.id)
        try await catalog.createVolume(try QualifiedName("c.a.v"))
        try await catalog.createModel(try QualifiedName("c.a.m"))
        try await catalog.createModelVersion(try QualifiedName("c.a.m"))
        let dropped = try await catalog.dropCatalog("c", cascade: true)
        #expect(dropped.tables == [table] && dropped.volumes.count == 1 && dropped.models.count == 1)
        #expect(try await catalog.function(id: function.id) == nil)
    }

    @Test func aFunctionThatAViewUsesStays() async throws {
        let fixture = try await CatalogFixture()
        let catalog = fixture.catalog
        let function = try await catalog.createFunction(try QualifiedName("f"), definition)
        let user = try await catalog.createFunction(try QualifiedName("g"), definition)
        try await catalog.setDependencies(of: user.id, on: [function.id, "gone"])
        #expect(
            await failure { try await catalog.dropFunction(try QualifiedName("f")) }?.message.contains(
                "function main.default.g") == true)
        try await catalog.setDependencies(of: user.id, on: [])
        try await catalog.dropFunction(try QualifiedName("f"))
    }

    /// What a principal may not see is not named to him, not even as a reason.
    @Test(arguments: MetastoreKind.allCases) func dependantsAreNamedToThoseWhoMaySeeThem(
        _ kind: MetastoreKind
    ) async throws {
        let fixture = try await CatalogFixture(kind)
        let catalog = fixture.catalog
        let function = try await catalog.createFunction(try QualifiedName("f"), definition)
        let table = try await fixture.makeTable("hidden")
        try await fixture.addPolicy(function.id, on: table.id)
        try await fixture.grant("MANAGE", on: function.id, to: "u")
        try await fixture.grant("USE SCHEMA", on: try await catalog.schema("default").id, to: "u")
        try await fixture.grant("USE CATALOG", on: try await catalog.catalog("main").id, to: "u")
        let error = await failure {
            try await catalog.acting(as: user("u")).dropFunction(try QualifiedName("f"))
        }
        #expect(error?.code == .failedPrecondition)
        #expect(error.map { !"\($0)".contains("hidden") } == true)
    }
}
