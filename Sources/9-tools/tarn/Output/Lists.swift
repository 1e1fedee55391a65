import Base
import Terminal

/// Prints rows of text as a table, or as an array of objects.
func printList(
    _ columns: [String], _ rows: [[String?]], numeric: Set<String> = [], asJSON: Bool
) throws {
    if asJSON {
        printJSON(
            .array(
                rows.map { row in
                    .object(
                        JSONObject(
                            zip(columns, row).map { name, value in
                                (name, cell(value, isNumber: numeric.contains(name)))
                            }))
                }))
        return
    }
    let width = Terminal.output.isInteractive ? Terminal.output.columns : nil
    var table = TextTable(
        columns: columns.map { TextColumn($0, isNumeric: numeric.contains($0)) }, maximumWidth: width)
    for row in rows { print(table.add(row), terminator: "") }
    print(table.finish(), terminator: "")
}

private func cell(_ value: String?, isNumber: Bool) -> JSONValue {
    guard let value else { return .null }
    return isNumber ? .number(value) : .string(value)
}

/// Prints a document over several lines.
func printJSON(_ value: JSONValue) { print(value.prettyText) }
