import DeltaLake

/// Files of one partition that become other files with the same rows.
struct RewriteGroup: Sendable {
    let files: [DataFileView]

    var byteCount: Int64 { files.reduce(0) { $0 + $1.byteCount } }
    /// By physical names, as the files have them.
    var partitionValues: PartitionValues { files.first?.partitionValues ?? [] }

    /// The rows that the files together have, deleted ones left out; `nil` where a file's statistics do not say.
    var rowCount: Int64? {
        var total: Int64 = 0
        for file in files {
            guard let rows = file.rowCount else { return nil }
            total += rows - (file.deletionVector?.cardinality ?? 0)
        }
        return total
    }
}

/// Decides which files are written anew together.
struct RewritePlan: Sendable {
    /// A file from half of this size on is left as it is.
    let targetFileBytes: Int64
    /// See `OptimizeOptions`.
    let deletedRowShare: Double

    /// Packs small files, and those with many deleted rows, into groups of at most the target size.
    ///
    /// Files that were written one after the other stay together, since their rows often belong together. Each group but
    /// a partition's last is more than half full, so that a second run finds nothing to do.
    ///
    /// - Parameter files: Of one version, of any partitions.
    /// - Returns: Groups of several files, or of one that has deleted rows.
    func packed(_ files: [DataFileView]) -> [RewriteGroup] {
        let candidates = files.filter { isSmall($0) || hasManyDeletedRows($0) }
        var groups: [RewriteGroup] = []
        for partition in Self.byPartition(candidates) {
            var bin: [DataFileView] = []
            var size: Int64 = 0
            func close() {
                if bin.count > 1 || bin.contains(where: hasManyDeletedRows) {
                    groups.append(RewriteGroup(files: bin))
                }
                (bin, size) = ([], 0)
            }
            for file in Self.inOrder(partition) {
                if !bin.isEmpty, size + file.byteCount > targetFileBytes { close() }
                bin.append(file)
                size += file.byteCount
            }
            close()
        }
        return groups
    }

    /// All files of each partition together, to be ordered anew.
    static func whole(_ files: [DataFileView]) -> [RewriteGroup] {
        byPartition(files).map { RewriteGroup(files: inOrder($0)) }
    }

    func isSmall(_ file: DataFileView) -> Bool { file.byteCount < targetFileBytes / 2 }

    func hasManyDeletedRows(_ file: DataFileView) -> Bool {
        guard let deleted = file.deletionVector?.cardinality, deleted > 0 else { return false }
        guard let rows = file.rowCount, rows > 0 else { return true }
        return Double(deleted) > deletedRowShare * Double(rows)
    }

    private static func inOrder(_ files: [DataFileView]) -> [DataFileView] {
        files.map { (file: $0, time: $0.milliseconds, path: $0.rawPath) }
            .sorted { ($0.time, $0.path) < ($1.time, $1.path) }.map(\.file)
    }

    /// The files by their partition, in the order of the partitions' values.
    static func byPartition(_ files: [DataFileView]) -> [[DataFileView]] {
        var partitions: [String: [DataFileView]] = [:]
        for file in files { partitions[key(of: file), default: []].append(file) }
        return partitions.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Equal for files of one partition; null is told from every text.
    static func key(of file: DataFileView) -> String { key(of: file.partitionValues) }

    static func key(of values: PartitionValues) -> String {
        values.sorted { $0.name < $1.name }.map { name, value in
            guard let value, !value.isEmpty else { return "\(name)\u{0}" }
            return "\(name)\u{0}=\(value)"
        }.joined(separator: "\u{1}")
    }
}
