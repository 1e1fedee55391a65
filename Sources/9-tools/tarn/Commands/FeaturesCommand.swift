import ArgumentParser
import Base
import FeatureStore
import Foundation
import Lakehouse
import Terminal

struct FeaturesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "features", abstract: "Define, cut, materialise and fetch features.",
        discussion: """
            Examples:
              tarn features apply features.yaml
              tarn features list
              tarn features training-set main.default.training --spine main.default.trips --service trip_features
              tarn features materialize
              tarn features get --service trip_features --entity driver_id=7,8
            """,
        subcommands: [
            Apply.self, List.self, Describe.self, FeaturesTrainingSetCommand.self,
            FeaturesMaterializeCommand.self,
            FeaturesGetCommand.self,
        ])

    struct Apply: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take over the definitions of a file: all of them, or none if one is wrong.",
            discussion: """
                Definitions that the file does not have stay, unless --delete-others is given.

                Examples:
                  tarn features apply features.yaml
                  tarn features apply features.yaml --dry-run
                """)

        @OptionGroup var options: HomeOptions
        @OptionGroup var output: JSONOption
        @Argument(help: "A YAML file with entities, feature views and feature services.") var file: String
        @Flag(help: "Delete definitions that the file does not have.") var deleteOthers = false
        @Flag(help: "Only say what would change.") var dryRun = false

        func run() async throws {
            let lake = try options.openLakehouse()
            let report = try await lake.features.apply(
                yaml: try readText(file), deletesOthers: deleteOthers, dryRun: dryRun)
            if output.isJSON {
                printJSON(report.json)
            } else {
                for item in report.items {
                    print("\(item.change.rawValue) \(item.kind.rawValue) \(item.name)")
                }
                if dryRun { writeToStandardError("nothing was changed (--dry-run)\n") }
            }
            await lake.close()
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List entities, feature views and feature services.",
            discussion: """
                Example:
                  tarn features list --json
                """)

        @OptionGroup var options: HomeOptions
        @OptionGroup var output: JSONOption

        func run() async throws {
            let lake = try options.openLakehouse()
            let rows = try await lake.features.definitions().summary
            try printList(
                ["kind", "name", "keys", "source", "features", "description"], rows, asJSON: output.isJSON)
            await lake.close()
        }
    }

    struct Describe: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a feature view, service or entity.",
            discussion: """
                Example:
                  tarn features describe driver_trips
                """)

        @OptionGroup var options: HomeOptions
        @OptionGroup var output: JSONOption
        @Argument(help: "The name of a feature view, service or entity.") var name: String

        func run() async throws {
            let lake = try options.openLakehouse()
            let found = try await lake.features.describe(name)
            if output.isJSON { printJSON(found) } else { print(outline(found), terminator: "") }
            await lake.close()
        }
    }
}

/// The text of a file that the caller named; `-` is standard input.
func readText(_ path: String) throws -> String {
    let data: Data?
    if path == "-" {
        data = try FileHandle.standardInput.readToEnd() ?? Data()
    } else {
        data = FileManager.default.contents(atPath: path)
    }
    guard let data else {
        throw TarnError(
            .notFound, "Cannot read the file \(path): \(String(cString: strerror(errno))).",
            context: [("file", path)])
    }
    guard let text = String(validating: data, as: UTF8.self) else {
        throw TarnError(.invalidInput, "The file \(path) is not UTF-8.", context: [("file", path)])
    }
    return text
}
