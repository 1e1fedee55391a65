import Base
import Terminal

/// A document as an indented outline for people: a line a value, lists of plain values on one line.
func outline(_ value: JSONValue, level: Int = 0) -> String {
    let indent = String(repeating: "  ", count: level)
    switch value {
    case .object(let object):
        return object.members.map { name, value in
            if let plain = plainText(value) { return "\(indent)\(name): \(plain)\n" }
            return "\(indent)\(name):\n" + outline(value, level: level + 1)
        }.joined()
    case .array(let items):
        return items.map { item in
            if let plain = plainText(item) { return "\(indent)- \(plain)\n" }
            // The first member stands behind the dash.
            let lines = outline(item, level: level + 1)
            return indent + "- " + lines.dropFirst(indent.count + 2)
        }.joined()
    default: return indent + (plainText(value) ?? "") + "\n"
    }
}

/// The value on one line, if it fits there: a plain one, or a list of plain ones.
private func plainText(_ value: JSONValue) -> String? {
    switch value {
    case .null: return "-"
    case .bool(let flag): return flag ? "yes" : "no"
    case .number(let text): return text
    case .string(let text): return printable(text)
    case .array(let items):
        let texts = items.compactMap { $0.array == nil && $0.object == nil ? plainText($0) : nil }
        return texts.count == items.count ? texts.joined(separator: ", ") : nil
    case .object(let object): return object.members.isEmpty ? "-" : nil
    }
}
