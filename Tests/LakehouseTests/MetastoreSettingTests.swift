import Base
import Lakehouse
import LakehouseTesting
import Metastore
import Testing

@Suite struct MetastoreSettingTests {
    /// Whatever rooms ask of the metastore in their migrations, both databases understand.
    @Test(arguments: MetastoreKind.allCases)
    func allRoomsHaveTheirTablesInEitherDatabase(_ kind: MetastoreKind) async throws {
        let fixture = try await MetastoreFixture(kind)
        for _ in 0..<2 {
            let metastore = try await fixture.open(Lakehouse.metastoreMigrations)
            let count: Int? = try await metastore.read {
                try $0.value("SELECT count(*) FROM catalog_securables")
            }
            #expect(count == 1)
            try metastore.close()
        }
    }

    @Test func theURLIsTakenAndItsPasswordIsNotShown() throws {
        var settings = try LakehouseSettings.load(
            file: nil,
            environment: ["TARN_METASTORE_URL": "postgresql://me:hush@db:5433/lake?schema=s&password=hush"])
        #expect(settings.metastore.url == "postgresql://me:hush@db:5433/lake?schema=s&password=hush")
        let shown = try SettingDefinition.named("metastore.url").value(in: settings)
        #expect(shown == "postgresql://me:***@db:5433/lake?schema=s")
        settings = try .load(file: nil, environment: ["TARN_METASTORE_URL": ""])
        #expect(settings == LakehouseSettings())
    }

    @Test(arguments: [
        "mysql://hush@db/lake", "hush", "postgresql://me:hush@db:port/lake",
        "postgresql://me:hush@db/lake?nothing=1",
        "postgresql://hush/lake?schema=", "postgresql://hush/lake?schema=A",
        "postgresql://hush/lake?schema=pg_x",
        "postgresql://hush/lake?schema=a%22b", "postgresql://hush/lake?pool=0",
        "postgresql://hush/lake?pool=x",
    ])
    func aWrongURLIsRefusedWithoutRepeatingIt(_ url: String) throws {
        let error = try #require(throws: TarnError.self) {
            try LakehouseSettings.load(file: nil, environment: [:], overrides: ["metastore.url=\(url)"])
        }
        #expect(error.code == .invalidInput && error.message.contains("metastore.url"))
        #expect(!error.message.contains("hush"), "\(error.message)")
    }

    /// A lakehouse that is only passing leaves nothing behind, whatever is set.
    @Test func aPassingLakehouseKeepsToMemory() throws {
        var settings = LakehouseSettings()
        settings.metastore.url = "postgresql://db/lake"
        guard case .memory = try Lakehouse.metastoreLocation(nil, settings) else {
            Issue.record("not in memory")
            return
        }
        guard case .postgres(let location) = try Lakehouse.metastoreLocation(LakehouseHome("/x"), settings)
        else {
            Issue.record("not in PostgreSQL")
            return
        }
        #expect(location.schema == "tarn")
    }
}
