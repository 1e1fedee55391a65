import Base

extension StatisticsText {
    /// The same statistics, but marked as no longer exact: bounds and null counts cover rows that are deleted.
    ///
    /// Delta protocol, "Per-file Statistics", on `tightBounds`; a file with a deletion vector needs it.
    package static func withWideBounds(_ text: [UInt8]) -> [UInt8] {
        guard var object = (try? JSONValue.parse(text))?.object else { return text }
        object["tightBounds"] = .bool(false)
        return Array(JSONValue.object(object).jsonText.utf8)
    }
}
