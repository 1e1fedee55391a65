internal import Base

/// Reads the filters of each scan from `EXPLAIN (FORMAT json)`.
enum PlanReader {
    /// By the name of the scanned table: the filter texts of each of its scans, empty where a scan has none.
    ///
    /// Only tables whose name starts with the marker count.
    static func filters(_ plan: String, marker: String) -> [String: [String]] {
        var found: [String: [String]] = [:]
        guard let document = try? JSONValue.parse(plan, maximumDepth: 3000) else { return [:] }
        visit(document, marker: marker, into: &found)
        return found
    }

    private static func visit(_ node: JSONValue, marker: String, into found: inout [String: [String]]) {
        if let items = node.array {
            for item in items { visit(item, marker: marker, into: &found) }
            return
        }
        if let info = node["extra_info"], let table = info["Table"]?.string?.split(separator: ".").last,
            table.hasPrefix(marker)
        {
            // A text with a line break in a literal comes as several items.
            let filters = info["Filters"]
            let text = filters?.string ?? (filters?.array ?? []).compactMap(\.string).joined(separator: "\n")
            found[String(table), default: []].append(text)
        }
        if let children = node["children"] { visit(children, marker: marker, into: &found) }
    }
}
