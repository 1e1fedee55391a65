import Base
import Foundation
import Lakehouse
import Testing

@Suite struct SettingsTests {
    private func load(
        _ yaml: String?, environment: [String: String] = [:], overrides: [String] = []
    ) throws -> LakehouseSettings {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "tarn-settings-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "tarn.yaml")
        if let yaml { try Data(yaml.utf8).write(to: file) }
        return try LakehouseSettings.load(file: file.path, environment: environment, overrides: overrides)
    }

    @Test func defaultsHoldWithoutAFile() throws { #expect(try load(nil) == LakehouseSettings()) }

    @Test func fileThenEnvironmentThenFlags() throws {
        let yaml = """
            engine:
              memory_limit: 2GB
              threads: 3
            server:
              port: 9000
              body_limit: 4MiB
              statement_timeout: 10m
            """
        let settings = try load(
            yaml, environment: ["TARN_ENGINE_THREADS": "5", "TARN_SERVER_PORT": "9001", "TARN_DEPS": "/x"],
            overrides: ["server.port=9002"])
        #expect(settings.engine.memoryLimit == "2GB")
        #expect(settings.engine.threads == 5)
        #expect(settings.server.port == 9002)
        #expect(settings.server.bodyLimitBytes == 4 << 20)
        #expect(settings.server.statementTimeoutSeconds == 600)
    }

    @Test(arguments: [
        ("engin:\n  threads: 2\n", ["line 1", "'engin'", "engine"]),
        ("engine:\n  thread: 2\n", ["line 2", "'engine.thread'", "engine.threads"]),
        ("engine:\n  threads: many\n", ["line 2", "engine.threads", "whole number", "'many'"]),
        ("engine:\n  threads: 0\n", ["1 to 1024"]),
        ("engine:\n  threads: [1, 2]\n", ["line 2", "single value"]),
        ("engine: 4\n", ["line 1", "list of names"]),
        ("- a\n", ["line 1", "list of names"]),
        ("server:\n  port: 1\n  port: 2\n", ["port"]),
        ("server:\n  port: 70000\n", ["0 to 65535"]),
        ("server:\n  body_limit: huge\n", ["size such as"]),
        ("engine:\n  memory_limit: 120%\n", ["memory_limit", "4GB"]),
        ("log:\n  level: loud\n", ["must be one of", "'loud'"]),
        ("engine: {threads: 2\n", ["not valid YAML"]),
    ])
    func refusesWhatIsWrongAndSaysWhere(_ yaml: String, _ parts: [String]) throws {
        let error = try #require(throws: TarnError.self) { try load(yaml) }
        #expect(error.code == .invalidInput)
        for part in parts { #expect(error.message.contains(part), "\(error.message)") }
    }

    @Test func refusesUnknownOverrides() throws {
        let error = try #require(throws: TarnError.self) { try load(nil, overrides: ["engine.treads=2"]) }
        #expect(error.message.contains("engine.threads"))
        _ = try #require(throws: TarnError.self) { try load(nil, overrides: ["engine.threads"]) }
    }

    @Test func emptyAndCommentedFilesSetNothing() throws {
        #expect(try load("") == LakehouseSettings())
        #expect(try load("# engine:\n#   threads: 2\n") == LakehouseSettings())
    }

    @Test func everySettingIsDescribedAndCanBeSetFromItsOwnDescription() throws {
        for definition in SettingDefinition.all {
            guard let value = definition.value(in: LakehouseSettings()) else { continue }
            let settings = try load(nil, environment: [definition.environmentName: value])
            #expect(settings == LakehouseSettings(), "\(definition.name)")
        }
    }
}

@Suite struct LakehouseHomeTests {
    private func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tarn-home-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    @Test func isMadeOnceAndItsSettingsLoad() throws {
        try withFolder { folder in
            let home = LakehouseHome(folder.appending(path: "my lake ü").path)
            #expect(!home.exists)
            let error = try #require(throws: TarnError.self) { try home.requireExisting() }
            #expect(error.message.contains("tarn init --home '"))
            #expect(try home.create())
            #expect(home.exists)
            #expect(try home.create() == false)
            #expect(
                try LakehouseSettings.load(file: home.settingsFile, environment: [:]) == LakehouseSettings())
        }
    }

    /// The file that `tarn init` writes is right once its comments are taken away.
    @Test func templateIsValidWhenUncommented() throws {
        try withFolder { folder in
            let home = LakehouseHome(folder.appending(path: "lake").path)
            _ = try home.create()
            let text = try String(contentsOfFile: home.settingsFile, encoding: .utf8)
            let lines = text.split(separator: "\n").dropFirst(2).filter { !$0.contains(":   # ") }
                .map { $0.dropFirst(2) }
            let file = folder.appending(path: "uncommented.yaml")
            try Data(lines.joined(separator: "\n").utf8).write(to: file)
            #expect(try LakehouseSettings.load(file: file.path, environment: [:]) == LakehouseSettings())
        }
    }

    @Test func leavesOtherFoldersAlone() throws {
        try withFolder { folder in
            try Data("x".utf8).write(to: folder.appending(path: "notes.txt"))
            let error = try #require(throws: TarnError.self) { try LakehouseHome(folder.path).create() }
            #expect(error.code == .alreadyExists)
        }
    }

    @Test func isFoundByFlagThenEnvironmentThenDefault() {
        #expect(LakehouseHome.located(flag: "/a", environment: ["TARN_HOME": "/b"]).home.path == "/a")
        #expect(LakehouseHome.located(flag: nil, environment: ["TARN_HOME": "/b"]).home.path == "/b")
        let fallback = LakehouseHome.located(flag: nil, environment: [:])
        #expect(fallback.isDefault && fallback.home.path.hasSuffix("/lakehouse"))
    }
}
