import ArgumentParser
import Base
import FeatureStore
import Lakehouse
import Query

struct FeaturesTrainingSetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "training-set",
        abstract: "Cut a training set: for each event the features as they were known then.",
        discussion: """
            The result is a table with the spine's columns first. It records the exact version of every table that it
            was cut from. The spine is a table, a query or a file with a row an event.

            Examples:
              tarn features training-set main.default.training --spine main.default.trips --service trip_features
              tarn features training-set t2 --spine "SELECT * FROM trips WHERE city = 'Bern'" --features driver:rating
              tarn features training-set t3 --spine trips.parquet --service trip_features --version main.default.ratings=7
            """)

    @OptionGroup var options: HomeOptions
    @OptionGroup var output: JSONOption
    @Argument(help: "The name of the table to make.") var table: String
    @Option(
        help: ArgumentHelp(
            "A table, a query (SELECT ... or WITH ...), or a CSV, JSON or Parquet file.", valueName: "events")
    )
    var spine: String
    @Option(help: ArgumentHelp("Take the features of this service.", valueName: "name")) var service: String?
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Take these: view:feature, or view for all of it.", valueName: "feature"))
    var features: [String] = []
    @Option(help: ArgumentHelp("The spine's column with the time of each event.", valueName: "column"))
    var timestampColumn = "event_timestamp"
    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "The spine's column for a join key of another name; may be repeated.", valueName: "key=column"))
    var keyColumn: [String] = []
    @Option(
        name: .customLong("version"), parsing: .singleValue,
        help: ArgumentHelp("Cut from this version of a source instead of the latest.", valueName: "table=n"))
    var versions: [String] = []
    @Flag(help: "Name the columns view__feature.") var fullFeatureNames = false
    @Flag(help: "Write the next version of the table if it exists.") var replace = false

    func validate() throws {
        if (service == nil) == features.isEmpty {
            throw ValidationError("Give either --service NAME or --features VIEW:FEATURE ...")
        }
        _ = try request()
    }

    func run() async throws {
        let lake = try options.openLakehouse()
        let record = try await lake.features.trainingSet(
            try request(), context: QueryContext(localFiles: true))
        if output.isJSON {
            printJSON(record.json)
        } else {
            print("cut \(record.table) version \(record.version): \(record.rowCount) rows")
            for source in record.sources {
                let role = source.view.map { "view \($0)" } ?? "spine"
                print("  \(role) from \(source.table) version \(source.version)")
            }
        }
        await lake.close()
    }

    private func request() throws -> TrainingSetRequest {
        TrainingSetRequest(
            table: table, spine: TrainingSetRequest.Spine(described: spine),
            features: service.map { .service($0) } ?? .list(features), timeColumn: timestampColumn,
            keyColumns: try pairs(keyColumn, "--key-column"), fullFeatureNames: fullFeatureNames,
            replaces: replace,
            versions: try pairs(versions, "--version").mapValues { text in
                guard let number = Int64(text), number >= 0 else {
                    throw ValidationError("--version needs TABLE=NUMBER, not '\(text)'.")
                }
                return number
            })
    }

    private func pairs(_ texts: [String], _ option: String) throws -> [String: String] {
        var found: [String: String] = [:]
        for text in texts {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else {
                throw ValidationError("\(option) needs NAME=VALUE, not '\(text)'.")
            }
            found[parts[0]] = parts[1]
        }
        return found
    }
}
