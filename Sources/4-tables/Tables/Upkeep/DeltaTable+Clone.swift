import Base
import DeltaLake
package import ObjectStore

extension DeltaTable {
    /// Makes another table with the rows, schema and properties of a version of this one.
    ///
    /// A shallow clone is entered with every table whose files it reads, so that no vacuum takes them; files that are
    /// written to it, and what is removed from it, are its own affair.
    ///
    /// - Parameters:
    ///   - target: The folder of the new table.
    ///   - options: Shallow or deep, which version, further properties.
    /// - Returns: The new table, and its first commit.
    /// - Throws: `.alreadyExists` if a table is there; `.corruptMetadata` naming files that a vacuum took from the version;
    ///   `.resourceExhausted` for a full disk. No table is there then.
    package func clone(
        to target: any ObjectStore, _ options: CloneOptions
    ) async throws -> (table: DeltaTable, result: CommitResult) {
        let clone = DeltaTable(target, context, name: options.name)
        let result = try await naming {
            try checkMayClone(into: target)
            if try await DeltaTable.exists(target) {
                throw TarnError(
                    .alreadyExists,
                    "Table \(clone.name) exists already: there is a transaction log in its folder.",
                    context: [("table", clone.name)])
            }
            try TableProperties.check(options.properties)
            let snapshot = try await snapshot(options.at)
            switch options.kind {
            case .shallow: return try await shallow(snapshot, clone, options)
            case .deep: return try await deep(snapshot, clone, options)
            }
        }
        return (clone, result)
    }

    private func checkMayClone(into target: any ObjectStore) throws(TarnError) {
        let (own, other) = (store.engineLocation(.root), target.engineLocation(.root))
        if own == other || other.hasPrefix(own + "/") || own.hasPrefix(other + "/") {
            throw TarnError(
                .invalidInput,
                "A table cannot be cloned into its own folder, or a folder within it or around it.")
        }
    }

    // MARK: Shallow

    private func shallow(
        _ snapshot: DeltaSnapshot, _ clone: DeltaTable, _ options: CloneOptions
    ) async throws -> CommitResult {
        let target = clone.store.engineLocation(.root)
        guard target.hasPrefix("/"), let root = TablePlace.canonical(store.engineLocation(.root)) else {
            throw TarnError(
                .unsupported, "A shallow clone needs both tables in local folders. Make a deep clone.")
        }
        let files = snapshot.files.all()
        let owners = try await owners(of: files)
        let entered = try await enter(target, snapshot.version, owners)
        do {
            // From here on no vacuum takes a file; one before may have, from an older version.
            let missing = try await missing(among: files)
            if !missing.isEmpty {
                throw missingFiles(missing, snapshot.version, "Clone a newer version.")
            }
            let added = files.map { Self.pointing($0, to: root) }
            return try await commit(added, copiedFileCount: 0, snapshot, clone, options)
        } catch {
            if (try? await DeltaTable.exists(clone.store)) == false {
                for (store, path) in entered { try? await store.delete(path) }
            }
            throw error
        }
    }

    /// The stores of the tables, this one first, that hold the files.
    ///
    /// Files of a clone may lie with other tables: those in whose folders they are, as their `_delta_log` shows.
    private func owners(of files: [DataFileView]) async throws -> [any ObjectStore] {
        var folders: Set<String> = []
        for file in files {
            for path in Self.paths(of: file) {
                guard let absolute = TablePlace.absolute(path), let slash = absolute.lastIndex(of: "/") else {
                    continue
                }
                folders.insert(String(absolute[..<slash]))
            }
        }
        var roots: Set<String> = []
        for folder in folders.sorted() where !roots.contains(where: { (folder + "/").hasPrefix($0 + "/") }) {
            var root = folder
            while !root.isEmpty {
                if try await DeltaTable.exists(LocalStore(root: root)) {
                    roots.insert(root)
                    break
                }
                root = String(root[..<(root.lastIndex(of: "/") ?? root.startIndex)])
            }
        }
        let own = store.engineLocation(.root)
        return [store] + roots.subtracting([own]).sorted().map { LocalStore(root: $0) }
    }

    /// Enters the clone with all of them.
    ///
    /// With other tables than this one no version of theirs is known; the newest keeps what the clone may need until
    /// it is made, since its files are this table's files too.
    private func enter(
        _ target: String, _ version: Int64, _ owners: [any ObjectStore]
    ) async throws -> [(store: any ObjectStore, path: StorePath)] {
        var entered: [(store: any ObjectStore, path: StorePath)] = []
        for (index, owner) in owners.enumerated() {
            let version =
                index == 0 ? version : try await DeltaTable.open(owner, context).snapshot().version
            let entry = CloneRegistry.Entry(
                location: target, version: version, createdMilliseconds: context.time.nowMilliseconds())
            entered.append((owner, try await CloneRegistry.enter(entry, in: owner, context)))
        }
        return entered
    }

    private static func paths(of file: DataFileView) -> [String] {
        guard let vector = file.deletionVector, let path = DeletionVector.path(of: vector) else {
            return [file.path]
        }
        return [file.path, path.text]
    }

    /// The file as another table's log names it: by its absolute path.
    private static func pointing(_ file: DataFileView, to root: String) -> AddFile {
        var action = file.addFile
        action.dataChange = true
        if TablePlace.absolute(file.path) == nil {
            // Without a scheme, since more readers understand that; of deletion vectors they all want a URL.
            action.rawPath = PathEncoding.encode(root + "/" + file.path)
        }
        if let vector = action.deletionVector, case .relative(let path)? = DeletionVector.path(of: vector) {
            action.deletionVector?.storageType = "p"
            action.deletionVector?.pathOrInlineDv = "file://" + PathEncoding.encode(root + "/" + path)
        }
        return action
    }

    // MARK: Deep

    /// So many files are copied between two looks at whether the task was cancelled.
    private static let copyBatchSize = 256

    private func deep(
        _ snapshot: DeltaSnapshot, _ clone: DeltaTable, _ options: CloneOptions
    ) async throws -> CommitResult {
        var plan = CopyPlan(context)
        let files = snapshot.files.all()
        for file in files { try plan.add(file, at: try location(of: file), of: store) }
        let copies = plan.copies
        do {
            var done = 0
            while done < copies.count {
                try Task.checkCancellation()
                let batch = copies[done..<min(copies.count, done + Self.copyBatchSize)]
                try await clone.store.copyIn(Array(batch))
                done += batch.count
            }
            return try await commit(
                plan.files, copiedFileCount: plan.files.count, snapshot, clone, options)
        } catch {
            if (try? await DeltaTable.exists(clone.store)) == false {
                try? await clone.store.deleteEach(copies.map(\.to))
            }
            if case StorageError.notFound = error {
                let missing = try await missing(among: files)
                if !missing.isEmpty {
                    throw missingFiles(missing, snapshot.version, "Clone a newer version.")
                }
            }
            throw error
        }
    }

    // MARK: Both

    private func commit(
        _ files: [AddFile], copiedFileCount: Int, _ snapshot: DeltaSnapshot, _ clone: DeltaTable,
        _ options: CloneOptions
    ) async throws -> CommitResult {
        var metadata = snapshot.metadata
        metadata.id = context.random.uuid()
        metadata.createdMilliseconds = context.time.nowMilliseconds()
        // A fresh log has its timestamps from the first version on.
        metadata.configuration["delta.inCommitTimestampEnablementVersion"] = nil
        metadata.configuration["delta.inCommitTimestampEnablementTimestamp"] = nil
        metadata.configuration.merge(options.properties) { _, new in new }
        let tableProtocol =
            try TableFeatures.protocolUpgrade(
                snapshot.tableProtocol, for: snapshot.schema, metadata.configuration, from: snapshot)
            ?? snapshot.tableProtocol
        metadata = try completed(metadata, snapshot.schema, from: snapshot).metadata
        let byteCount = files.reduce(0) { $0 + $1.byteCount }
        var info = commitInfo(operation: "CLONE", readVersion: nil, .none)
        info.isBlindAppend = false
        info.userMetadata = options.userMetadata
        info.operationParameters = [
            "source": .string(store.rootURL), "sourceVersion": .string(String(snapshot.version)),
            "isShallow": .string(String(options.kind == .shallow)),
        ]
        info.operationMetrics = [
            "sourceNumOfFiles": .string(String(files.count)),
            "sourceTableSize": .string(String(byteCount)),
            "numCopiedFiles": .string(String(copiedFileCount)),
            "copiedFilesSize": .string(String(copiedFileCount == 0 ? 0 : byteCount)),
        ]
        var builder = CommitBuilder(
            info: info, tableProtocol: tableProtocol, metadata: metadata)
        for domain in snapshot.domains.values.sorted(by: { $0.domain < $1.domain }) { builder.record(domain) }
        for file in files { builder.add(file) }
        return try await clone.commit(PreparedCommit(builder, reads: .wholeTable), on: nil)
    }
}

/// Where each file of a deep clone is copied from and to.
private struct CopyPlan {
    private let context: TableContext
    private(set) var copies: [(from: String, to: StorePath)] = []
    /// The files as the clone's log names them.
    private(set) var files: [AddFile] = []
    /// Files of deletion vectors that are among the copies already, by what the source calls them.
    private var vectors: [String: DeletionVectorDescriptor] = [:]

    init(_ context: TableContext) { self.context = context }

    mutating func add(_ file: DataFileView, at location: String, of store: any ObjectStore) throws {
        var action = file.addFile
        action.dataChange = true
        if TablePlace.absolute(file.path) == nil {
            copies.append((location, try StorePath(file.path)))
        } else {
            // Another table's file gets a name that none of this table's has.
            let name = "part-\(context.random.uuid()).parquet"
            copies.append((location, try StorePath(name)))
            action.rawPath = name
        }
        if let vector = action.deletionVector, let path = DeletionVector.path(of: vector) {
            action.deletionVector = try copied(vector, path, of: store)
        }
        files.append(action)
    }

    private mutating func copied(
        _ vector: DeletionVectorDescriptor, _ path: DeletionVector.Path, of store: any ObjectStore
    ) throws -> DeletionVectorDescriptor {
        switch path {
        case .relative(let text):
            if vectors[text] == nil {
                let target = try StorePath(text)
                copies.append((store.engineLocation(target), target))
                vectors[text] = vector
            }
            return vector
        case .absolute(let text):
            let place = DeletionVector.Place(
                offset: vector.offset ?? 0, byteCount: vector.sizeInBytes, rowCount: vector.cardinality)
            if let known = vectors[text] {
                var moved = vector
                (moved.storageType, moved.pathOrInlineDv) = (known.storageType, known.pathOrInlineDv)
                return moved
            }
            let id = context.random.uuid()
            guard let moved = DeletionVector.descriptor(uuid: id, place) else { return vector }
            copies.append(
                (TablePlace.absolute(text) ?? text, try StorePath(DeletionVector.fileName(uuid: id))))
            vectors[text] = moved
            return moved
        }
    }
}
