import Base
import DeltaLake
package import TableModel

extension DeltaTable {
    /// Makes small files into larger ones, or brings rows into an order in which queries read less of them.
    ///
    /// The rows stay the same and nobody's reads or appends are disturbed. Without columns to order by, a table with
    /// clustering columns is ordered by those: new files and cubes that are not much larger; other tables get their
    /// small files packed, partition by partition.
    ///
    /// - Parameters:
    ///   - condition: Only files that may hold such rows are looked at; all by default.
    ///   - columns: Orders all rows along a Z curve through these, within each partition.
    ///   - isFull: Orders all of a clustered table anew, not only what is new.
    ///   - options: File size, what counts as many deleted rows.
    /// - Returns: The version, and figures of files and bytes; `wasAlreadyCommitted` where there was nothing to do.
    /// - Throws: `.invalidInput` for columns that rows cannot be ordered by; `.conflict` where others changed all the
    ///   files meanwhile; `.resourceExhausted` for a full disk. The table is as before then.
    @discardableResult
    package func optimize(
        where condition: RowCondition? = nil, zOrderBy columns: [ColumnPath] = [], full isFull: Bool = false,
        _ options: OptimizeOptions = OptimizeOptions()
    ) async throws -> CommitResult {
        try await naming {
            let base = try await refresh()
            try TableFeatures.checkWritable(base.snapshot)
            let files = base.snapshot.files(matching: condition?.filter)
            let plan = RewritePlan(
                targetFileBytes: targetFileBytes(options, base.snapshot),
                deletedRowShare: options.deletedRowShare)
            let work = try work(files, columns, isFull, plan, base.snapshot, options)
            return try await rewrite(work, on: base)
        }
    }

    private func work(
        _ files: [DataFileView], _ columns: [ColumnPath], _ isFull: Bool, _ plan: RewritePlan,
        _ snapshot: DeltaSnapshot, _ options: OptimizeOptions
    ) throws(TarnError) -> RewriteWork {
        let clustering = ClusteringColumns.logical(snapshot) ?? []
        var work: RewriteWork
        if !columns.isEmpty {
            let columns = try checkedOrder(columns, clustering, snapshot)
            work = RewriteWork("OPTIMIZE", RewritePlan.whole(files), plan, options)
            work.order = ClusterOrder(columns: columns.map(Self.expression))
        } else if !clustering.isEmpty {
            let clustered = ClusteredFiles(columns: ClusteringColumns.physical(snapshot) ?? [], plan: plan)
            let selected = clustered.selected(from: files, isFull: isFull)
            work = RewriteWork("OPTIMIZE", RewritePlan.whole(selected), plan, options)
            work.order = ClusterOrder(columns: clustering.map(Self.expression))
            work.tags = clustered.tags(cube: context.random.uuid())
            work.clusteringProvider = ClusteredFiles.provider
            work.parameters["clusterBy"] = Self.list(clustering)
            work.parameters["isFull"] = .string(String(isFull))
        } else {
            work = RewriteWork("OPTIMIZE", plan.packed(files), plan, options)
        }
        work.parameters["zOrderBy"] = Self.list(columns)
        if work.parameters["predicate"] == nil { work.parameters["predicate"] = Self.list([]) }
        return work
    }

    private static func list(_ columns: [ColumnPath]) -> JSONValue {
        .string(JSONValue.array(columns.map { .string($0.parts.joined(separator: ".")) }).jsonText)
    }

    /// What a file should grow to.
    func targetFileBytes(_ options: OptimizeOptions, _ snapshot: DeltaSnapshot) -> Int64 {
        options.targetFileBytes
            ?? snapshot.configuration["delta.targetFileSize"].flatMap(WriteProperties.byteCount) ?? 256 << 20
    }

    private static func expression(_ path: ColumnPath) -> String {
        path.parts.dropFirst().reduce(quoteIdentifier(path.parts.first ?? "")) {
            "struct_extract(\($0), \(quoteLiteral($1)))"
        }
    }

    /// The columns as the schema spells them.
    private func checkedOrder(
        _ columns: [ColumnPath], _ clustering: [ColumnPath], _ snapshot: DeltaSnapshot
    ) throws(TarnError) -> [ColumnPath] {
        if !clustering.isEmpty {
            throw TarnError(
                .invalidInput,
                "Table \(name) has clustering columns, which OPTIMIZE orders it by; ZORDER BY is for other tables."
            )
        }
        if columns.count > 31 {
            throw TarnError(.invalidInput, "Rows can be ordered by 31 columns at most; two to four are best.")
        }
        var found: [ColumnPath] = []
        for column in columns {
            let (path, type) = try resolved(column, snapshot)
            let text = path.parts.joined(separator: ".")
            if found.contains(path) {
                throw TarnError(
                    .invalidInput, "Rows cannot be ordered by column \(text) twice.",
                    context: [("column", text)])
            }
            if snapshot.partitionColumns.contains(where: { $0.lowercased() == text.lowercased() }) {
                throw TarnError(
                    .invalidInput,
                    "Rows cannot be ordered by \(text): the table is partitioned by it, so it is the same in all rows of a file.",
                    context: [("column", text)])
            }
            if type.isNested || type == .void {
                throw TarnError(
                    .invalidInput,
                    "Rows cannot be ordered by \(text), whose values have no bounds: use a column of a simple type.",
                    context: [("column", text)])
            }
            found.append(path)
        }
        return found
    }

    private func resolved(
        _ column: ColumnPath, _ snapshot: DeltaSnapshot
    ) throws(TarnError) -> (path: ColumnPath, type: DataType) {
        var type = DataType.structure(snapshot.schema.fields)
        var path: [String] = []
        for part in column.parts {
            guard case .structure(let members) = type,
                let member = members.first(where: { $0.name.lowercased() == part.lowercased() })
            else {
                let name = column.parts.joined(separator: ".")
                throw TarnError(
                    .notFound,
                    "Table \(self.name) has no column \(name).\(didYouMean(name, among: snapshot.schema.names))",
                    context: [("column", name)])
            }
            path.append(member.name)
            type = member.type
        }
        return (ColumnPath(path), type)
    }
}
