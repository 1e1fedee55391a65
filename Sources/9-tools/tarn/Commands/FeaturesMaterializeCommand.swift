import ArgumentParser
import Base
import FeatureStore
import Lakehouse
import Synchronization
import TableModel
import Terminal

struct FeaturesMaterializeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "materialize", abstract: "Bring the latest row of every entity into the online store.",
        discussion: """
            It can be interrupted and repeated at any time; a running server serves the new rows at once. --incremental
            looks only at events since the last run.

            Examples:
              tarn features materialize
              tarn features materialize driver_trips --incremental
              tarn features materialize --end 2024-01-31T00:00:00Z
            """)

    @OptionGroup var options: HomeOptions
    @OptionGroup var output: JSONOption
    @Argument(help: "Feature views; all that are online if none is named.") var views: [String] = []
    @Option(help: ArgumentHelp("Earliest event time, for example 2024-01-01T00:00:00Z.", valueName: "time"))
    var start: String?
    @Option(help: ArgumentHelp("Latest event time; now if not given.", valueName: "time")) var end: String?
    @Flag(help: "Start where the last run of each view ended.") var incremental = false

    func validate() throws {
        if incremental, start != nil {
            throw ValidationError("--incremental finds the start by itself; leave --start out.")
        }
        for text in [start, end].compactMap({ $0 }) where CalendarText.microseconds(text) == nil {
            throw ValidationError("'\(text)' is no time; write 2024-01-31 or 2024-01-31T08:00:00Z.")
        }
    }

    func run() async throws {
        let lake = try options.openLakehouse()
        let features = try await lake.features
        let bar = Mutex(ProgressBar("materialising", on: .error))
        let progress: @Sendable (MaterializeProgress) -> Void = { state in
            bar.withLock {
                $0.update(
                    "materialising \(state.view)", done: Int64(state.doneCount),
                    total: Int64(state.totalCount),
                    unit: "entities")
            }
        }
        defer { bar.withLock { $0.finish() } }
        let names = views.isEmpty ? nil : views
        let end = end.flatMap { CalendarText.microseconds($0) }
        let results: [MaterializeResult]
        if incremental {
            results = try await features.materializeIncremental(views: names, end: end, progress: progress)
        } else {
            results = try await features.materialize(
                views: names, start: start.flatMap { CalendarText.microseconds($0) }, end: end,
                progress: progress)
        }
        bar.withLock { $0.finish() }
        let rows = results.map { result in
            [
                result.view, result.start.map { CalendarText.timestamp($0, separator: "T") + "Z" },
                CalendarText.timestamp(result.end, separator: "T") + "Z", String(result.sourceVersion),
                String(result.entityCount), String(result.writtenCount),
            ]
        }
        try printList(
            ["view", "start", "end", "source_version", "entities", "written"], rows,
            numeric: ["source_version", "entities", "written"], asJSON: output.isJSON)
        await lake.close()
    }
}
