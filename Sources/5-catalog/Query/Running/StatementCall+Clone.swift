internal import Base
internal import Catalog
internal import DeltaLake
internal import ObjectStore
internal import TableModel
internal import Tables

extension StatementCall {
    /// `CREATE TABLE ... CLONE`: the copy first, then its entry, so that a crash leaves a folder that nothing names.
    func clone(_ statement: CloneStatement) async throws -> StatementResult {
        let source = try await target(statement.source, reading: true)
        try await refuseGoverned(source, "clone")
        if statement.location != nil {
            try checkOwner(of: statement.location ?? "", at: statement.name.range)
        }
        if let path = statement.name.deltaPath {
            try checkOwner(of: path, at: statement.name.range)
            let folder = LocalPath.absolute(path)
            let result = try await copy(source, to: folder, named: folder, statement)
            record.writes(nil, folder)
            return cloned(source.name, folder, result)
        }
        let name = qualified(statement.name)
        if let known = try await existing(name) {
            if statement.ifNotExists { return .done(.clone, "Table \(known.name) exists already") }
            if statement.orReplace {
                throw sqlError(
                    .unsupported, "A clone cannot replace the table \(known.name): drop it first.", text,
                    at: statement.name.range.lowerBound)
            }
        }
        let location = try statement.location.map { try path(of: $0) }
        let plan = try await at(statement.name.range) {
            try await catalog.planTable(name, location: location)
        }
        let folder = try service.localFolder(plan.location)
        let result = try await at(statement.name.range) {
            try await copy(source, to: folder, named: plan.name.description, statement)
        }
        do {
            let entry = try await catalog.addTable(plan, comment: source.entry?.comment)
            record.writes(entry.id, entry.name.description)
        } catch {
            if plan.kind == .managed { try? await Self.removeFolder(folder) }
            throw error
        }
        return cloned(source.name, plan.name.description, result)
    }

    private func copy(
        _ source: TargetTable, to folder: String, named name: String, _ statement: CloneStatement
    ) async throws -> CommitResult {
        var options = CloneOptions(
            statement.isShallow ? .shallow : .deep, at: try await travel(statement.travel),
            properties: Dictionary(statement.properties, uniquingKeysWith: { _, last in last }), name: name)
        options.userMetadata = context.setting(.userMetadata)
        if service.observe != nil, let snapshot = source.table.newestKnown {
            record.derives(
                ColumnDerivation([
                    (.init(id: source.entry?.id, name: source.name, snapshot), snapshot.schema.names)
                ]))
        }
        return try await source.table.clone(to: LocalStore(root: folder), options).result
    }

    private func cloned(_ source: String, _ name: String, _ result: CommitResult) -> StatementResult {
        .done(
            .clone, "Cloned \(source) to \(name)", version: result.version,
            named: result.named([
                ("source_table_size", "sourceTableSize"), ("source_num_of_files", "sourceNumOfFiles"),
                ("num_copied_files", "numCopiedFiles"), ("copied_files_size", "copiedFilesSize"),
            ]))
    }

    /// `CONVERT TO DELTA`: the files stay where they are, and a log joins them.
    func convert(_ statement: ConvertStatement) async throws -> StatementResult {
        try checkOwner(of: statement.path, at: statement.pathRange)
        let folder = LocalPath.absolute(statement.path)
        let request = ConversionRequest(
            partitionColumns: statement.partitionColumns, collectsStatistics: statement.takesStatistics)
        let result = try await at(statement.pathRange) {
            switch statement.format {
            case .parquet:
                try await DeltaTable.convert(
                    parquetFolder: LocalStore(root: folder), room.tables.context, request
                ).result
            case .iceberg:
                try await DeltaTable.convert(
                    icebergTable: LocalStore(root: folder), room.tables.context, request
                ).result
            }
        }
        record.writes(nil, folder)
        return .done(
            .convert,
            "Made a Delta table of \(result.count("numConvertedFiles") ?? 0) files in \(folder). Give it a name with CREATE TABLE name LOCATION '\(folder)'",
            version: result.version, metrics: result.numbers)
    }
}
