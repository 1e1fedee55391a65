/// One column of a `TextTable`.
package struct TextColumn: Sendable {
    package var name: String
    /// Numbers stand to the right, everything else to the left.
    package var isNumeric: Bool

    package init(_ name: String, isNumeric: Bool = false) {
        self.name = name
        self.isNumeric = isNumeric
    }
}

/// Rows as an aligned table.
///
/// ```swift
/// var table = TextTable(columns: [TextColumn("carrier"), TextColumn("flights", isNumeric: true)])
/// var out = table.add(["UA", "58665"])
/// out += table.finish()
/// //  carrier │ flights
/// // ─────────┼─────────
/// //  UA      │   58665
/// ```
///
/// The widths come from the names and the first rows (`lookahead`), which are held back until then; later rows are
/// printed as they come, so a long answer needs no memory. A later, longer value is never cut unless a maximum width
/// is set: its line is then simply longer than the others.
package struct TextTable {
    private let columns: [TextColumn]
    private let maximumWidth: Int?
    private let lookahead: Int
    private var held: [[String?]] = []
    private var layout: TableLayout?

    /// - Parameters:
    ///   - columns: Zero or more; a table without columns prints nothing.
    ///   - maximumWidth: Lines are fitted to so many columns by cutting values and, if need be, leaving out columns in
    ///     the middle; `nil` for no limit.
    ///   - lookahead: Rows from which the widths are taken.
    package init(columns: [TextColumn], maximumWidth: Int? = nil, lookahead: Int = 1000) {
        self.columns = columns
        self.maximumWidth = maximumWidth
        self.lookahead = max(1, lookahead)
    }

    /// Takes a row; `nil` is SQL's NULL.
    ///
    /// - Returns: Text that is ready to print, often none.
    package mutating func add(_ row: [String?]) -> String {
        let row = row.map { $0.map(printable) }
        if let layout { return layout.line(row) }
        held.append(row)
        return held.count >= lookahead ? flush() : ""
    }

    /// The rest of the table; the header too if no row came.
    package mutating func finish() -> String { layout == nil ? flush() : "" }

    private mutating func flush() -> String {
        let layout = TableLayout(columns: columns, rows: held, maximumWidth: maximumWidth)
        var out = layout.header()
        for row in held { out += layout.line(row) }
        self.layout = layout
        held = []
        return out
    }
}

/// Which columns are shown, and how wide.
struct TableLayout {
    private struct Shown {
        /// `nil` stands for the columns that are left out.
        var index: Int?
        var width: Int
    }

    private let columns: [TextColumn]
    private let shown: [Shown]
    private let cuts: Bool

    init(columns: [TextColumn], rows: [[String?]], maximumWidth: Int?) {
        self.columns = columns.map { TextColumn(printable($0.name), isNumeric: $0.isNumeric) }
        var widths = self.columns.map { max(1, textWidth($0.name)) }
        for row in rows {
            for (index, value) in row.enumerated() where index < widths.count {
                widths[index] = max(widths[index], textWidth(value ?? "NULL"))
            }
        }
        cuts = maximumWidth != nil
        shown = Self.fit(widths, into: maximumWidth)
    }

    /// A line holds each column with a space on both sides, and a bar between two.
    private static func lineWidth(_ widths: some Collection<Int>) -> Int {
        widths.reduce(0, +) + 3 * widths.count - 1
    }

    private static func fit(_ widths: [Int], into maximum: Int?) -> [Shown] {
        let all = widths.indices.map { Shown(index: $0, width: widths[$0]) }
        guard let maximum, lineWidth(widths) > maximum else { return all }
        // No column is cut below this; if that is not enough, columns in the middle give way.
        let least = 8
        let minimal = widths.map { min($0, least) }
        if lineWidth(minimal) <= maximum {
            let cap = largestCap(for: widths, from: least, maximum: maximum)
            return all.map { Shown(index: $0.index, width: min($0.width, cap)) }
        }
        var (first, last) = (0, widths.count)
        var used = lineWidth([1])
        while first < last {
            let index = first <= widths.count - last ? first : last - 1
            used += minimal[index] + 3
            if used > maximum, first > 0 { break }
            if index == first { first += 1 } else { last -= 1 }
        }
        return (0..<first).map { Shown(index: $0, width: minimal[$0]) } + [Shown(index: nil, width: 1)]
            + (last..<widths.count).map { Shown(index: $0, width: minimal[$0]) }
    }

    /// The largest width to which all wider columns can be cut so that the line fits.
    private static func largestCap(for widths: [Int], from least: Int, maximum: Int) -> Int {
        var (low, high) = (least, maximum)
        while low < high {
            let middle = (low + high + 1) / 2
            if lineWidth(widths.map { min($0, middle) }) <= maximum {
                low = middle
            } else {
                high = middle - 1
            }
        }
        return low
    }

    func header() -> String {
        if columns.isEmpty { return "" }
        let names = line(columns.map(\.name))
        let rule = shown.map { String(repeating: "─", count: $0.width + 2) }.joined(separator: "┼")
        return names + rule + "\n"
    }

    func line(_ row: [String?]) -> String {
        if columns.isEmpty { return "" }
        var out = ""
        for (position, column) in shown.enumerated() {
            if position > 0 { out += "│" }
            let isLast = position == shown.count - 1
            guard let index = column.index else {
                out += " … "
                continue
            }
            var value = (index < row.count ? row[index] : nil) ?? "NULL"
            if cuts { value = truncated(value, toWidth: column.width) }
            let padding = String(repeating: " ", count: max(0, column.width - textWidth(value)))
            out += " "
            out += columns[index].isNumeric ? padding + value : isLast ? value : value + padding
            if !isLast { out += " " }
        }
        return out + "\n"
    }
}
