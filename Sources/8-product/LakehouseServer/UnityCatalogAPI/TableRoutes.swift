import Base
import Catalog
import HTTPTypes

extension UnityCatalogAPI {
    func tableRoutes() -> [Route] {
        [
            route(.post, "/tables") { call in try await call.createTable() },
            route(.get, "/tables") { call in
                let (parent, schema) = (
                    try call.requiredQuery("catalog_name"), try call.requiredQuery("schema_name")
                )
                let page = try await UnityPage(call, of: "tables", parent, schema)
                let parts = TableParts(
                    columns: try !call.flag("omit_columns"), properties: try !call.flag("omit_properties"))
                let found = try await call.catalog.tables(
                    in: schema, catalog: parent, limit: page.limit, after: page.after)
                return try await page.answer(
                    "tables", try await call.json(found.entries, parts), next: found.next)
            },
            route(.get, "/table-summaries") { call in try await call.tableSummaries() },
            route(.get, "/tables/{full_name}") { call in
                let entry = try await call.catalog.table(try call.objectName(.table))
                return try await call.json([entry], TableParts())[0]
            },
            route(.get, "/tables/{full_name}/exists") { call in
                do {
                    _ = try await call.catalog.table(try call.objectName(.table))
                    return .object(["table_exists": .bool(true)])
                } catch let error as TarnError where error.code == .notFound {
                    return .object(["table_exists": .bool(false)])
                }
            },
            route(.patch, "/tables/{full_name}") { call in try await call.updateTable() },
            route(.delete, "/tables/{full_name}") { call in
                try await call.dropTable(try call.objectName(.table))
                return .object([:])
            },
        ]
    }
}

extension UnityCall {
    /// Drops a table or a view, with what SQL does besides: the files of a managed one go.
    func dropTable(_ name: QualifiedName) async throws {
        let entry = try await catalog.table(name)
        let full = Self.quoted(entry.name.catalog, entry.name.schema, entry.name.name)
        try await run("DROP \(entry.kind == .view ? "VIEW" : "TABLE") \(full)")
    }

    fileprivate func updateTable() async throws -> JSONValue {
        let body = try body()
        let (changes, newName, owner) = try changes(body)
        var entry = try await catalog.table(try objectName(.table))
        if changes != EntryChanges() { entry = try await catalog.updateTable(entry.name, changes) }
        if let newName, newName != entry.name.name {
            var name = entry.name
            name.name = newName
            entry = try await catalog.renameTable(entry.name, to: name)
        }
        if let owner {
            let name = entry.name
            try await setOwner(.table, [name.catalog, name.schema, name.name], to: owner)
            entry = try await catalog.table(name)
        }
        return try await json([entry], TableParts())[0]
    }

    /// Names and types only, of one schema or of all schemas of a catalog.
    fileprivate func tableSummaries() async throws -> JSONValue {
        let parent = try requiredQuery("catalog_name")
        let pattern = query("schema_name_pattern") ?? "%"
        let page = try await UnityPage(self, of: "table-summaries", parent, pattern)
        var place = page.after.map {
            $0.split(separator: "\u{1}", maxSplits: 1, omittingEmptySubsequences: false)
        }
        let like = LikePattern(pattern)
        let names = LikePattern(query("table_name_pattern") ?? "%")
        var entries: [JSONValue] = []
        var schemaPlace: String?
        repeat {
            let schemas = try await catalog.schemas(
                in: parent, limit: CatalogService.largestPage, after: schemaPlace)
            for schema in schemas.entries where like.matches(schema.name) {
                let key = NameRules.key(of: schema.name)
                if let begin = place?.first, key < begin { continue }
                var after = place.flatMap { $0.first == Substring(key) ? $0.last.map(String.init) : nil }
                place = nil
                repeat {
                    let tables = try await catalog.tables(
                        in: schema.name, catalog: parent, limit: page.limit - entries.count, after: after)
                    for table in tables.entries where names.matches(table.name.name) {
                        entries.append(
                            .object([
                                "full_name": .string(fullName(table.name)),
                                "table_type": .string(table.kind.rawValue.uppercased()),
                                "securable_kind": .string("TABLE_\(table.format.rawValue.uppercased())"),
                            ]))
                    }
                    after = tables.next
                    if let next = after, entries.count >= page.limit {
                        return try await page.answer("tables", entries, next: key + "\u{1}" + next)
                    }
                } while after != nil
                if entries.count >= page.limit {
                    return try await page.answer("tables", entries, next: key + "\u{1}\u{10FFFF}")
                }
            }
            schemaPlace = schemas.next
        } while schemaPlace != nil
        return try await page.answer("tables", entries, next: nil)
    }

    func fullName(_ name: QualifiedName) -> String {
        Self.fullName(name.catalog, name.schema, name.name)
    }
}

/// `%` and `_` as in SQL's LIKE, case ignored.
struct LikePattern: Sendable {
    private let pattern: [Character]

    init(_ pattern: String) { self.pattern = Array(pattern.lowercased()) }

    func matches(_ text: String) -> Bool {
        let text = Array(text.lowercased())
        var (at, index) = (0, 0)
        // Where the last % was, and how much of the text it takes so far.
        var retry: (pattern: Int, text: Int)?
        while index < text.count {
            if at < pattern.count, pattern[at] == "%" {
                retry = (at, index)
                at += 1
            } else if at < pattern.count, pattern[at] == "_" || pattern[at] == text[index] {
                at += 1
                index += 1
            } else if let last = retry {
                retry = (last.pattern, last.text + 1)
                at = last.pattern + 1
                index = last.text + 1
            } else {
                return false
            }
        }
        return pattern[at...].allSatisfy { $0 == "%" }
    }
}
