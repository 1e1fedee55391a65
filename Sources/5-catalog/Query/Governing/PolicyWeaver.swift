internal import Base
internal import Catalog
internal import TableModel

/// The policies of one table as SQL around its scan.
///
/// ```sql
/// (SELECT * FROM (SELECT id, CAST(<mask> AS VARCHAR) AS email
///                 FROM <scan> AS __tarn_row WHERE <filter>) USING SAMPLE 100 PERCENT (system))
/// ```
///
/// Two things keep the outside out. All names of the outside end at the brackets. And the sample, which lets every row
/// pass, is an operator that the engine moves no predicate across: what a query asks is only ever asked of rows
/// that the filter let through. docs/decisions/0009 has the measurements. A table with masks only needs no sample, for
/// all its rows are there, and a predicate on a plain column may leave out files.
struct PolicyWeaver: Sendable {
    static let row = "__tarn_row"

    let policies: TablePolicies
    /// The table's name, for messages.
    let name: QualifiedName
    /// The columns of the version that is read, each with its key.
    let fields: [(key: String, field: SchemaField)]
    /// The keys of the columns that the table has now.
    let currentKeys: Set<String>

    /// One call of a policy's function, ready to be inlined.
    struct Call: Sendable {
        let function: PolicyFunction
        /// SQL.
        let arguments: [String]
    }

    /// What each column becomes.
    enum Output: Sendable {
        case plain
        /// Not to be seen at all: the table does not have it any more, or the mask lacks an argument.
        case null
        case masked(Call)
    }

    func filters() throws -> [Call] {
        try policies.rowFilters.map { filter in
            guard let call = call(filter) else {
                throw TarnError(
                    .failedPrecondition,
                    "This version of table \(name) cannot be read: it lacks a column that the table's row filter needs."
                )
            }
            return call
        }
    }

    func outputs() -> [Output] {
        fields.map { key, _ in
            guard currentKeys.contains(key) else { return .null }
            guard let mask = policies.masks[key] else { return .plain }
            return call(mask).map(Output.masked) ?? .null
        }
    }

    /// `nil` where the version lacks a column.
    private func call(_ policy: Policy) -> Call? {
        var arguments: [String] = []
        for argument in policy.arguments {
            switch argument {
            case .constant(let sql): arguments.append(sql)
            case .column(let key):
                let key = key.lowercased()
                guard let name = fields.first(where: { $0.key == key })?.field.name else { return nil }
                arguments.append("\(Self.row).\(quoteIdentifier(name))")
            }
        }
        return Call(function: policy.function, arguments: arguments)
    }

    /// The SQL for FROM.
    ///
    /// - Parameters:
    ///   - relation: The scan.
    ///   - filters: SQL of the filters.
    ///   - fields: The table's columns.
    ///   - outputs: SQL of each column, `nil` for a plain one.
    ///   - extra: Columns that join those of the table and that no policy is about.
    /// - Returns: A query in brackets.
    static func sql(
        relation: String, filters: [String], fields: [SchemaField], outputs: [String?], extra: [String]
    ) -> String {
        var items: [String] = []
        for (field, output) in zip(fields, outputs) {
            let column = "\(row).\(quoteIdentifier(field.name))"
            items.append(
                output.map { "CAST(\($0) AS \(field.type.sqlName)) AS \(quoteIdentifier(field.name))" }
                    ?? column)
        }
        items += extra.map { "\(row).\(quoteIdentifier($0))" }
        let select = "SELECT \(items.joined(separator: ", ")) FROM \(relation) AS \(row)"
        if filters.isEmpty { return "(\(select))" }
        let condition = filters.map { "CAST(\($0) AS BOOLEAN)" }.joined(separator: " AND ")
        return "(SELECT * FROM (\(select) WHERE \(condition)) USING SAMPLE 100 PERCENT (system))"
    }
}
