package import Base

extension CatalogService {
    /// Gives a new table its id and its place, and checks that the name is free, without taking it.
    ///
    /// The order (plan, make the log, add) means that a crash leaves at worst a folder in the warehouse that no entry
    /// names: never an entry without a table, never a name that is blocked. `unlisted(among:)` finds such folders.
    ///
    /// - Parameters:
    ///   - name: The schema has to exist.
    ///   - location: An absolute path or a URL for an external table; `nil` for a managed one.
    ///   - format: What the table's files are.
    /// - Returns: The plan, for `addTable`.
    /// - Throws: `.notFound`, `.alreadyExists`, `.invalidInput` for a bad name or place.
    package func planTable(
        _ name: QualifiedName, location: String? = nil, format: TableEntry.Format = .delta
    ) async throws(TarnError) -> TablePlan {
        try NameRules.check(name.name, of: .table)
        let id = random.uuid()
        let place = try location.map { (text) throws(TarnError) in try checkedLocation(text) }
        return try await read { rows in
            let parent = try rows.requireSchema(name.schema, in: name.catalog)
            try rows.require([.useCatalog, .useSchema, .createTable], on: parent.securable)
            if let place {
                try rows.requireLocation(place, for: .createExternalTable)
                try rows.refuseVolume(at: place)
                // A second name for a table's files would be a way around what holds for the first.
                try rows.refuseOwnPlace(place)
            }
            try rows.refuseTakenTable(name.name, in: parent)
            return TablePlan(
                id: id, schemaID: parent.id,
                name: QualifiedName(catalog: parent.catalog, schema: parent.name, name: name.name),
                kind: place == nil ? .managed : .external, format: format,
                location: place ?? self.warehouse + "/" + id)
        }
    }

    /// Puts a table into the catalog whose log exists by now.
    ///
    /// - Parameters:
    ///   - plan: From `planTable`; good for one table.
    ///   - comment: For people.
    ///   - properties: Kept as they are.
    ///   - columns: What the log says, if it is known.
    /// - Returns: The table.
    /// - Throws: `.alreadyExists` when another took the name meanwhile, `.notFound` when the schema was dropped: then the
    ///   files of a managed table are the caller's to remove.
    @discardableResult
    package func addTable(
        _ plan: TablePlan, comment: String? = nil, properties: [String: String] = [:],
        columns: [CatalogColumn] = []
    ) async throws(TarnError) -> TableEntry {
        return try await write { rows in
            guard let parent = try rows.schema(id: plan.schemaID) else {
                throw TarnError(
                    .notFound, "Table \(plan.name) cannot be added: its schema was dropped meanwhile.",
                    context: [("table", plan.name.description)])
            }
            try rows.require([.useCatalog, .useSchema, .createTable], on: parent.securable)
            try rows.refuseTakenTable(plan.name.name, in: parent)
            var entry = self.newSecurable(.table, plan.name.name, in: parent.id, comment, properties)
            entry.id = plan.id
            entry.location = plan.kind == .external ? plan.location : nil
            entry.detail = TableEntry.detail(plan.kind, plan.format)
            try rows.insert(entry)
            if !columns.isEmpty { try rows.setColumns(of: entry.id, columns) }
            return try rows.table(entry, in: parent)
        }
    }

    /// Gives a name to files that exist, in whatever format: Delta tables are read, others are known to other programs.
    ///
    /// - Parameters:
    ///   - name: The schema has to exist.
    ///   - location: An absolute path or a URL.
    ///   - format: What the files are.
    ///   - columns: As the caller knows them; Tarn does not look into the files.
    ///   - comment: For people.
    ///   - properties: Kept as they are.
    /// - Returns: The table.
    /// - Throws: `.alreadyExists`, `.notFound` without the schema, `.invalidInput` for a bad name or place,
    ///   `.permissionDenied` without CREATE TABLE on the schema or CREATE EXTERNAL TABLE on the external location.
    @discardableResult
    package func registerTable(
        _ name: QualifiedName, location: String, format: TableEntry.Format = .delta,
        columns: [CatalogColumn] = [], comment: String? = nil, properties: [String: String] = [:]
    ) async throws(TarnError) -> TableEntry {
        if format == .sql { throw TarnError(.invalidInput, "A view has no files to register.") }
        let plan = try await planTable(name, location: location, format: format)
        return try await addTable(plan, comment: comment, properties: properties, columns: columns)
    }

    /// The table with that id, whatever it is called now; `nil` if it was dropped.
    package func table(id: String) async throws(TarnError) -> TableEntry? {
        try await read { try $0.table(id: id) }
    }

    /// A page of a schema's tables, after the place that an earlier page gave as `next`.
    package func tables(
        in schema: String = QualifiedName.defaultSchema, catalog: String = QualifiedName.defaultCatalog,
        limit: Int = defaultPageSize, after: String? = nil
    ) async throws(TarnError) -> CatalogPage<TableEntry> {
        try await read { rows in
            let parent = try rows.requireSchema(schema, in: catalog)
            return try rows.page(.table, in: parent.id, limit: limit, after: after) {
                try rows.table($0, in: parent)
            }
        }
    }

    @discardableResult
    package func updateTable(
        _ name: QualifiedName, _ changes: EntryChanges
    ) async throws(TarnError) -> TableEntry {
        let now = time.nowMicroseconds()
        return try await write { rows in
            let old = try rows.requireTable(name)
            try rows.change(old.securable, changes, at: now)
            return try rows.requireTable(name)
        }
    }

    /// Gives a table another name, in the same schema or in another one; id, files and history stay.
    @discardableResult
    package func renameTable(
        _ name: QualifiedName, to newName: QualifiedName
    ) async throws(TarnError) -> TableEntry {
        try NameRules.check(newName.name, of: .table)
        let now = time.nowMicroseconds()
        return try await write { rows in
            let old = try rows.requireTable(name)
            let parent = try rows.requireSchema(newName.schema, in: newName.catalog)
            if parent.id != old.schemaID {
                try rows.require([.useCatalog, .useSchema, .createTable], on: parent.securable)
            }
            try rows.refuseTakenTable(newName.name, in: parent, except: old.id)
            try rows.rename(old.securable, to: newName.name, in: parent.id, at: now)
            return try rows.requireTable(newName)
        }
    }

    /// Takes a table out of the catalog.
    ///
    /// - Parameters:
    ///   - name: In any case.
    ///   - ifExists: Whether it is no error if there is none, or no such schema.
    /// - Returns: The table that was dropped, or `nil`. The files of a managed one are the caller's to remove.
    /// - Throws: `.notFound` with the nearest names.
    @discardableResult
    package func dropTable(
        _ name: QualifiedName, ifExists: Bool = false
    ) async throws(TarnError) -> TableEntry? {
        try await write { rows in
            guard let old = try rows.unlessAbsent(ifExists, { try rows.requireTable(name) }) else {
                return nil
            }
            try rows.requireManagement(of: old.securable)
            try rows.delete(id: old.id)
            return old
        }
    }

    /// Which of these folder names of the warehouse belong to no table.
    ///
    /// A folder that is a few hours old and not listed was left by a crash or a failed drop. A younger one may be a table
    /// in the making.
    package func unlisted(among folders: [String]) async throws(TarnError) -> [String] {
        try await read { rows in
            try folders.filter { try rows.table(id: $0) == nil && !rows.isStaged($0) }
        }
    }

    private func checkedLocation(_ text: String) throws(TarnError) -> String {
        var location = text[...]
        while location.utf8.count > 1 && location.hasSuffix("/") { location.removeLast() }
        let isURL = location.contains("://") && location.first?.isLetter == true
        if !isURL && !location.hasPrefix("/") {
            throw TarnError(
                .invalidInput, "The location of an external table must be an absolute path or a URL.")
        }
        let parts = location.split(separator: "/", omittingEmptySubsequences: true)
        if location.utf8.contains(0) || parts.contains("..") || parts.contains(".") {
            throw TarnError(
                .invalidInput,
                "The location of an external table must not hold \".\" or \"..\" as a part. Write it out.")
        }
        // Several slashes are one.
        let place = "/" + parts.drop { $0 == "file:" }.joined(separator: "/")
        for own in [warehouse, volumeFolder, modelFolder] where StorageLocation.contains(own, place) {
            throw TarnError(
                .invalidInput,
                "The location of an external table must not lie in the lakehouse's own warehouse. Choose another place."
            )
        }
        return String(location)
    }
}
