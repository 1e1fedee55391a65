import Base
import Iceberg
import ObjectStore

/// Where the files of an Iceberg table are now.
///
/// Its metadata names them by the place where the table was written first; a table that was copied or moved has
/// another, and only what comes after the old place still holds.
struct IcebergPaths: Sendable {
    private let store: any ObjectStore
    private let tableName: String
    private let location: String

    init(_ table: DeltaTable, location: String) {
        store = table.store
        tableName = table.name
        self.location = location
    }

    /// - Throws: `.unsupported` for a file outside the table's folder: a Delta log could name it, but nobody would
    ///   know whose it is.
    func path(of text: String) throws(TarnError) -> StorePath {
        let plain = Self.withoutScheme(text)
        for root in [Self.withoutScheme(location), store.engineLocation(.root)] {
            let folder = root.hasSuffix("/") ? root : root + "/"
            guard plain.hasPrefix(folder), let path = try? StorePath(String(plain.dropFirst(folder.count)))
            else {
                continue
            }
            return path
        }
        // What the two folders of every Iceberg table hold can be told even where the place is unknown.
        for folder in ["/data/", "/metadata/"] {
            if let range = plain.ranges(of: folder).last,
                let path = try? StorePath(String(plain[range.lowerBound...].dropFirst()))
            {
                return path
            }
        }
        throw TarnError(
            .unsupported,
            "The Iceberg table \(tableName) has the file \(text) outside its folder; only a table in one folder can be converted.",
            context: [("path", text)])
    }

    /// `file:///a/b` and `file:/a/b` are `/a/b`; `s3://bucket/a` is `/bucket/a`.
    private static func withoutScheme(_ text: String) -> String {
        guard let colon = text.firstIndex(of: ":"), text[..<colon].allSatisfy({ $0.isLetter || $0.isNumber })
        else {
            return text
        }
        return "/" + text[text.index(after: colon)...].drop { $0 == "/" }
    }
}

/// Reads the files of an Iceberg table's newest snapshot.
struct IcebergFileList {
    private let table: DeltaTable
    private let metadata: IcebergMetadata
    private let paths: IcebergPaths

    init(_ table: DeltaTable, _ metadata: IcebergMetadata, _ paths: IcebergPaths) {
        self.table = table
        self.metadata = metadata
        self.paths = paths
    }

    /// Data files and delete files, in the order of the manifests.
    func live() async throws -> [ManifestFile] {
        guard let snapshot = metadata.currentSnapshot else { return [] }
        let manifests: [ManifestReference]
        if let list = snapshot.manifestList {
            let path = try paths.path(of: list)
            manifests = try ManifestReference.list(try await table.store.get(path), name: path.text)
        } else {
            manifests = snapshot.manifests.map { ManifestReference(path: $0) }
        }
        let places = try manifests.map { manifest throws(TarnError) in try paths.path(of: manifest.path) }
        let files = try await table.store.mapEach(places) { index, bytes in
            try ManifestFile.files(bytes, manifests[index], name: places[index].text)
        }
        return files.flatMap { $0 }
    }
}
