import Base
import DeltaLake

/// What a table's properties ask for beside each write.
///
/// Both are off unless the table says otherwise; `delta.autoOptimize` is an old name for both together.
struct AutoUpkeep: Sendable {
    /// Small files are joined after a commit that left many of them: `delta.autoOptimize.autoCompact`.
    let compacts: Bool
    /// Rows are brought together by partition before they are written, which makes fewer and larger files:
    /// `delta.autoOptimize.optimizeWrite`.
    let optimizesWrites: Bool
    /// So many small files of the partitions that a commit wrote to are worth joining: `tarn.autoCompact.minFileCount`,
    /// 50 by default.
    let minimumFileCount: Int

    init(_ configuration: [String: String]) {
        func isOn(_ name: String) -> Bool {
            let value = configuration[name] ?? configuration["delta.autoOptimize"] ?? "false"
            return ["true", "auto", "legacy"].contains(value.lowercased())
        }
        compacts = isOn("delta.autoOptimize.autoCompact")
        optimizesWrites = isOn("delta.autoOptimize.optimizeWrite")
        let count = configuration["tarn.autoCompact.minFileCount"].flatMap { Int($0) }
        minimumFileCount = count.map { max(2, $0) } ?? 50
    }

    /// Files of at most this size are made where the table has no `delta.targetFileSize`: joining goes on while others
    /// write, so it must not take long.
    static let targetFileBytes: Int64 = 128 << 20
}

extension DeltaTable {
    /// Joins small files after a commit, where the table asks for it and enough have come together.
    ///
    /// The commit stands whatever becomes of this; a failure is only told to the house.
    ///
    /// - Parameter commit: What was committed last.
    func compactIfDue(after commit: CommitBuilder) async {
        guard let loaded = cache.latest, context.compactsFiles, commit.adds.contains(where: \.dataChange)
        else { return }
        let properties = AutoUpkeep(loaded.snapshot.configuration)
        guard properties.compacts else { return }
        let written = Set(commit.adds.map { RewritePlan.key(of: $0.partitionValues) })
        var options = OptimizeOptions()
        options.operationParameters = ["auto": .string("true"), "predicate": .string("[]")]
        if loaded.snapshot.configuration["delta.targetFileSize"] == nil {
            options.targetFileBytes = AutoUpkeep.targetFileBytes
        }
        let plan = RewritePlan(
            targetFileBytes: targetFileBytes(options, loaded.snapshot),
            deletedRowShare: options.deletedRowShare)
        let small = loaded.snapshot.files.all().filter {
            plan.isSmall($0) && written.contains(RewritePlan.key(of: $0.partitionValues))
        }
        guard small.count >= properties.minimumFileCount else { return }
        do {
            _ = try await rewrite(RewriteWork("OPTIMIZE", plan.packed(small), plan, options), on: loaded)
        } catch {
            context.warn("Table \(name): small files could not be joined after a commit: \(error)")
        }
    }
}
