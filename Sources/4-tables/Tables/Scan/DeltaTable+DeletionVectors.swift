import Base
package import DeltaLake
import ObjectStore
import Synchronization
package import TableModel

extension DeltaTable {
    /// At most so many bytes of vectors go into the log itself, which saves a file for a change of a few rows.
    private static let inlineByteLimit = 256

    /// The rows of a file that are deleted.
    ///
    /// - Parameter file: Of this table, at any version.
    /// - Returns: `nil` for a file without a deletion vector.
    /// - Throws: `.corruptMetadata` naming the vector's file where it is missing or damaged.
    package func deletedRows(of file: DataFileView) async throws -> RowBitmap? {
        try await deletedRows(of: [file])[0]
    }

    /// The deleted rows of each file, `nil` for one without a deletion vector; vectors of one file are read together.
    package func deletedRows(of files: [DataFileView]) async throws -> [RowBitmap?] {
        try await deletedRows(by: files.map(\.deletionVector))
    }

    /// The rows that each of these vectors names; `nil` where there is none.
    ///
    /// - Throws: `.corruptMetadata` naming the vector's file where it is missing or damaged.
    package func deletedRows(by descriptors: [DeletionVectorDescriptor?]) async throws -> [RowBitmap?] {
        var found = [RowBitmap?](repeating: nil, count: descriptors.count)
        var wanted: [DeletionVector.Path: [Int]] = [:]
        for (index, descriptor) in descriptors.enumerated() {
            guard let descriptor else { continue }
            if let known = vectors[descriptor] {
                found[index] = known
            } else if let rows = try DeletionVector.inlineRows(descriptor) {
                found[index] = rows
            } else if let path = DeletionVector.path(of: descriptor) {
                wanted[path, default: []].append(index)
            } else {
                throw TarnError(
                    .corruptMetadata,
                    """
                    Table \(name): the log has a deletion vector of the form \(descriptor.storageType) that cannot \
                    be told where it lies. Restore the log from a copy.
                    """,
                    context: [("table", name)])
            }
        }
        for (path, indices) in wanted.sorted(by: { $0.key.text < $1.key.text }) {
            try Task.checkCancellation()
            let bundle = indices.compactMap { index in descriptors[index].map { (index, $0) } }
            let read = try await rows(at: path, bundle.map(\.1))
            for ((index, descriptor), rows) in zip(bundle, read) {
                found[index] = rows
                vectors.keep(rows, for: descriptor)
            }
        }
        return found
    }

    /// Vectors of one file: the whole file where several are wanted, else only the bytes of the one.
    private func rows(
        at path: DeletionVector.Path, _ descriptors: [DeletionVectorDescriptor]
    ) async throws -> [RowBitmap] {
        let (store, place) = try self.place(of: path)
        do {
            if descriptors.count == 1, let only = descriptors.first, let offset = only.offset, offset >= 1,
                (0...Int64(Int32.max)).contains(only.sizeInBytes), offset < .max - only.sizeInBytes - 8
            {
                let bytes = try await store.get(place, range: offset..<offset + only.sizeInBytes + 8)
                return [try DeletionVector.rows(framed: bytes[...], only)]
            }
            let bytes = try await store.get(place)
            return try descriptors.map { descriptor throws(TarnError) in
                try DeletionVector.rows(inFile: bytes, descriptor)
            }
        } catch StorageError.notFound {
            throw TarnError(
                .corruptMetadata,
                """
                Table \(name): the deletion vector file \(path.text) is missing, so nobody can know which rows are \
                deleted. Restore it from a copy, or read an older version.
                """,
                context: [("table", name), ("file", path.text)])
        } catch let error as StorageError {
            throw error.asTarnError(
                doing: "read a deletion vector of table \(name)", context: [("table", name)])
        } catch let error as TarnError {
            throw TarnError(
                error.code, "Table \(name): \(error.message)",
                context: [("table", name), ("file", path.text)], cause: error)
        }
    }

    /// A store that holds the file, and its place there.
    private func place(of path: DeletionVector.Path) throws -> (any ObjectStore, StorePath) {
        do throws(StorageError) {
            switch path {
            case .relative(let text): return (store, try StorePath(text))
            case .absolute(let text):
                let place = Substring(try localPath(text))
                guard let slash = place.utf8.lastIndex(of: UInt8(ascii: "/")) else {
                    throw StorageError.invalidPath(text)
                }
                let name = String(place[place.utf8.index(after: slash)...])
                return (LocalStore(root: "/" + place[..<slash].drop { $0 == "/" }), try StorePath(name))
            }
        } catch {
            throw TarnError(
                .corruptMetadata,
                "Table \(name): the log names a deletion vector file \(path.text), which is no path that can be read.",
                context: [("table", name), ("file", path.text)], cause: error)
        }
    }

    /// The path of a `file:` URL or an absolute path.
    private func localPath(_ text: String) throws(StorageError) -> String {
        if text.hasPrefix("/") { return text }
        guard text.hasPrefix("file:") else { throw .invalidPath(text) }
        return "/" + text.dropFirst(5).drop { $0 == "/" }
    }

    /// Stores deletion vectors for a commit to name; durable when it returns.
    ///
    /// Small ones become part of the log; all others share one new file. Files whose commit does not land are left to
    /// VACUUM.
    ///
    /// - Parameter vectors: The deleted rows of one data file each, none of them empty.
    /// - Returns: A descriptor for each, in order.
    /// - Throws: A storage error; nothing refers to what may have been written.
    package func writeDeletionVectors(_ vectors: [RowBitmap]) async throws -> [DeletionVectorDescriptor] {
        if vectors.isEmpty { return [] }
        let small = vectors.map(DeletionVector.inline)
        if small.reduce(0, { $0 + $1.sizeInBytes }) <= Int64(Self.inlineByteLimit) { return small }
        let (bytes, places) = DeletionVector.file(vectors)
        let uuid = context.random.uuid()
        let descriptors = places.compactMap { DeletionVector.descriptor(uuid: uuid, $0) }
        guard descriptors.count == places.count else {
            throw TarnError(.internal, "The name of a deletion vector file is no UUID: \(uuid).")
        }
        do {
            let path = try StorePath(DeletionVector.fileName(uuid: uuid))
            try await store.put(path, bytes, mode: .ifAbsent)
        } catch {
            throw error.asTarnError(
                doing: "store deletion vectors of table \(name)", context: [("table", name)])
        }
        for (descriptor, rows) in zip(descriptors, vectors) { self.vectors.keep(rows, for: descriptor) }
        return descriptors
    }
}

/// The vectors that were read last, up to a number of bytes.
///
/// A descriptor's file never changes, so what was read once stays true.
final class DeletionVectorCache: Sendable {
    private struct Entry {
        let rows: RowBitmap
        var lastUse: Int
    }
    private struct State {
        var entries: [DeletionVectorDescriptor: Entry] = [:]
        var byteCount = 0
        var uses = 0
    }
    private let state = Mutex(State())
    private let byteLimit: Int

    init(byteLimit: Int = 32 << 20) { self.byteLimit = byteLimit }

    subscript(descriptor: DeletionVectorDescriptor) -> RowBitmap? {
        state.withLock { state in
            state.uses += 1
            state.entries[descriptor]?.lastUse = state.uses
            return state.entries[descriptor]?.rows
        }
    }

    func keep(_ rows: RowBitmap, for descriptor: DeletionVectorDescriptor) {
        let size = rows.byteCount
        if size > byteLimit { return }
        state.withLock { state in
            state.uses += 1
            let entry = Entry(rows: rows, lastUse: state.uses)
            if state.entries.updateValue(entry, forKey: descriptor) != nil { return }
            state.byteCount += size
            if state.byteCount > byteLimit { Self.dropOldest(&state, to: byteLimit / 2) }
        }
    }

    /// Half goes at once, so that sorting is rare.
    private static func dropOldest(_ state: inout State, to limit: Int) {
        for (descriptor, entry) in state.entries.sorted(by: { $0.value.lastUse < $1.value.lastUse }) {
            if state.byteCount <= limit { return }
            state.entries[descriptor] = nil
            state.byteCount -= entry.rows.byteCount
        }
    }
}
