import Base
import DeltaLake
import Foundation
import Testing

/// The golden tables: tables of other writers with what a reader must find in them.
///
/// At `TARN_GOLDEN`, or `../shared/golden` beside the package.
enum GoldenLogs {
    static let root: URL = {
        if let path = ProcessInfo.processInfo.environment["TARN_GOLDEN"] { return URL(filePath: path) }
        return URL(filePath: #filePath).appending(path: "../../../../shared/golden").standardizedFileURL
    }()

    static let cases: [String] =
        ((try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: "delta").path)) ?? [])
        .sorted()

    static func logFolder(_ name: String) -> URL {
        root.appending(path: "delta/\(name)/table/_delta_log")
    }

    static func expected(_ name: String) throws -> JSONValue {
        try JSONValue.parse(Data(contentsOf: root.appending(path: "delta/\(name)/expected.json")))
    }

    static func bytes(_ name: String, _ file: String) throws -> [UInt8] {
        Array(try Data(contentsOf: logFolder(name).appending(path: file)))
    }

    static func listing(_ name: String) throws -> LogListing {
        let folder = logFolder(name)
        return LogListing(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).map { file in
                let size = try FileManager.default.attributesOfItem(
                    atPath: folder.appending(path: file).path)[.size]
                return LogEntry(
                    fileName: file, byteCount: (size as? NSNumber)?.int64Value ?? 0,
                    modifiedMilliseconds: 0)
            })
    }

    /// The snapshot by commits and JSON checkpoints alone; `nil` if a Parquet checkpoint is needed.
    static func snapshot(_ name: String, version: Int64? = nil) throws -> DeltaSnapshot? {
        let listing = try listing(name)
        let parquet = Set(listing.checkpoints.filter { !$0.isJSON })
        let segment: LogSegment
        do { segment = try LogSegment.plan(listing, version: version, excluding: parquet) } catch {
            if parquet.isEmpty { throw error }
            return nil
        }
        var builder = SnapshotBuilder()
        if let checkpoint = segment.checkpoint {
            let pieces = try checkpoint.files.map {
                try CommitFile.parse(
                    bytes(name, $0.fileName), version: checkpoint.version, fileName: $0.fileName)
            }
            // Sidecars are Parquet.
            if pieces.contains(where: { !$0.sidecars.isEmpty }) { return nil }
            try builder.apply(checkpoint: pieces)
        }
        for entry in segment.commits {
            var commit = try CommitFile.parse(
                bytes(name, entry.fileName), version: entry.name.version ?? -1)
            if case .compacted(let from, _) = entry.name { commit.firstVersion = from }
            try builder.apply(commit)
        }
        return try builder.finish(timestampMilliseconds: segment.modifiedMilliseconds)
    }
}
