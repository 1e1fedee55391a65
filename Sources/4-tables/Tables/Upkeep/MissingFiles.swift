import Base
import DeltaLake
import ObjectStore

extension DeltaTable {
    /// Those of the files that are not on disk, deletion vectors included.
    ///
    /// - Parameter files: Live files of some version.
    /// - Returns: The files that cannot be read as they should, in the given order, each with the path that is missing.
    /// - Throws: `StorageError` where it cannot be found out.
    func missing(among files: [DataFileView]) async throws -> [(file: DataFileView, path: String)] {
        var relative: [StorePath] = []
        var absolute: [StorePath] = []
        var owners: [String: [Int]] = [:]
        for (index, file) in files.enumerated() {
            var paths = [file.path]
            if let vector = file.deletionVector, let path = DeletionVector.path(of: vector) {
                paths.append(path.text)
            }
            for path in paths {
                // A file of many vectors is looked for once.
                owners[path, default: []].append(index)
                if owners[path]?.count != 1 { continue }
                if let location = TablePlace.absolute(path) {
                    absolute.append(try StorePath(String(location.drop { $0 == "/" })))
                } else {
                    relative.append(try StorePath(path))
                }
            }
        }
        var absent = Set(try await store.absent(among: relative).map(\.text))
        for path in try await LocalStore(root: "/").absent(among: absolute) { absent.insert("/" + path.text) }
        if absent.isEmpty { return [] }
        var found: [Int: String] = [:]
        for (path, indexes) in owners where absent.contains(TablePlace.absolute(path) ?? path) {
            for index in indexes { found[index] = path }
        }
        return found.sorted { $0.key < $1.key }.map { (files[$0.key], $0.value) }
    }

    /// The error that names missing files.
    func missingFiles(_ missing: [(file: DataFileView, path: String)], _ version: Int64, _ advice: String)
        -> TarnError
    {
        let names = missing.prefix(5).map(\.path).joined(separator: ", ")
        let more = missing.count > 5 ? " and \(missing.count - 5) more" : ""
        return TarnError(
            .corruptMetadata,
            """
            Version \(version) needs \(missing.count) files that are not there any more: \(names)\(more). A vacuum may \
            have removed them. \(advice)
            """,
            context: [("version", "\(version)")] + missing.prefix(5).map { ("file", $0.path) })
    }
}
