import Base
import DeltaLake
import Glibc
import ObjectStore

/// Where a table lies, to tell which of the paths that a log names are below it.
struct TablePlace: Sendable {
    /// As the engine names the folder: an absolute path or a URL.
    let root: String
    /// The folder without symbolic links on the way; the same as `root` where it is no local folder.
    let canonicalRoot: String

    init(_ store: any ObjectStore) {
        root = store.engineLocation(.root)
        canonicalRoot = Self.canonical(root) ?? root
    }

    /// A path without symbolic links; `nil` if nothing is there.
    static func canonical(_ path: String) -> String? {
        guard path.hasPrefix("/"), let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }

    /// The place below the folder that a path of this table's own log names; `nil` if it lies elsewhere.
    ///
    /// Paths that are written in an odd way are brought into the form that listings have.
    func relative(_ path: String) -> String? {
        guard let absolute = Self.absolute(path) else {
            return path.contains("//") || path.contains("./") ? Self.tidied(path) : path
        }
        return relative(absolute: absolute)
    }

    /// The place below the folder of an absolute path; `nil` if it lies elsewhere.
    func relative(absolute path: String) -> String? {
        let path = path.contains("//") || path.contains("./") ? "/" + Self.tidied(path) : path
        for root in [root, canonicalRoot] where path.hasPrefix(root + "/") {
            return String(path.dropFirst(root.count + 1))
        }
        return nil
    }

    /// The absolute path that a log's path is, with or without `file:`; `nil` if it is relative to its table's folder.
    static func absolute(_ path: String) -> String? {
        if path.hasPrefix("/") { return path }
        if path.hasPrefix("file:") {
            let rest = path.dropFirst(5)
            return "/" + rest.drop { $0 == "/" }
        }
        // Another store's URL is an absolute path too, just not one of a local file.
        if let colon = path.firstIndex(of: ":"), path[colon...].hasPrefix("://") { return path }
        return nil
    }

    private static func tidied(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == "..", !parts.isEmpty { parts.removeLast() } else { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }
}

/// The files below a table's folder that must not be removed.
struct NeededFiles: Sendable {
    let place: TablePlace
    private(set) var paths = PathSet()

    init(_ place: TablePlace) { self.place = place }

    /// The files of a version of the table, and those that were removed at `cutoff` or later.
    ///
    /// - Parameters:
    ///   - snapshot: Of this table, or of a clone that lies elsewhere.
    ///   - cutoff: In milliseconds; `nil` leaves removed files out.
    ///   - isClone: Only absolute paths concern this table then.
    /// - Throws: `.corruptMetadata` for a deletion vector that is of no known form.
    mutating func keep(
        _ snapshot: DeltaSnapshot, removedSince cutoff: Int64?, isClone: Bool = false
    ) throws(TarnError) {
        paths.reserve(paths.count + snapshot.fileCount)
        for file in snapshot.files.all() { try keep(file, isClone) }
        guard let cutoff else { return }
        for file in snapshot.files.tombstones() where file.milliseconds >= cutoff { try keep(file, isClone) }
    }

    mutating func keep(path: String) { paths.insert(path) }

    private mutating func keep(_ file: DataFileView, _ isClone: Bool) throws(TarnError) {
        keep(file.path, isClone)
        guard let vector = file.deletionVector, vector.storageType != "i" else { return }
        guard let path = DeletionVector.path(of: vector) else {
            throw TarnError(
                .corruptMetadata,
                "The log names a deletion vector of \(file.path) in no form that is known, so it is not clear which files are needed.",
                context: [("file", file.path)])
        }
        keep(path.text, isClone)
    }

    private mutating func keep(_ path: String, _ isClone: Bool) {
        if isClone, TablePlace.absolute(path) == nil { return }
        if let relative = place.relative(path) { paths.insert(relative) }
    }
}
