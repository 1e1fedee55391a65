import Base
import DeltaLake
import ObjectStore
import TableModel

/// The partition columns that folder names such as `year=2024/city=S%C3%A3o` stand for.
struct PartitionFolders {
    /// In the order of the folders; with the types declared or found.
    let columns: [SchemaField]

    /// - Parameters:
    ///   - paths: Of the data files.
    ///   - declared: Names and types; `nil` to find both.
    /// - Throws: `.invalidInput` naming the file whose folders do not fit.
    init(_ paths: [StorePath], declared: [SchemaField]?) throws(TarnError) {
        if let declared, declared.isEmpty {
            columns = []
            return
        }
        guard let first = paths.first else {
            columns = declared ?? []
            return
        }
        let names = Self.pairs(first).map(\.name)
        if let declared {
            let wanted = Set(declared.map { $0.name.lowercased() })
            guard wanted == Set(names.map { $0.lowercased() }), wanted.count == names.count else {
                throw Self.mismatch(first, names, expected: declared.map(\.name))
            }
        }
        var values: [[String?]] = names.map { _ in [] }
        for path in paths {
            let pairs = Self.pairs(path)
            guard pairs.map(\.name) == names else {
                throw Self.mismatch(path, pairs.map(\.name), expected: names)
            }
            for (index, pair) in pairs.enumerated() { values[index].append(pair.value) }
        }
        columns = zip(names, values).map { name, values in
            declared?.first { $0.name.lowercased() == name.lowercased() }
                ?? SchemaField(name, Self.type(of: values))
        }
    }

    /// The values of a file's partition as the log writes them.
    ///
    /// - Throws: `.invalidInput` for a value that is not of its column's type.
    func values(of path: StorePath) throws(TarnError) -> PartitionValues {
        if columns.isEmpty { return [] }
        var values: PartitionValues = []
        for (column, pair) in zip(columns, Self.pairs(path)) {
            guard let scalar = PartitionValue.parse(pair.value, column.type) else {
                throw TarnError(
                    .invalidInput,
                    """
                    The folder of \(path) gives the partition column \(column.name) the value \
                    '\(pair.value ?? "")', which is no \(column.type.deltaName). Declare another type for it.
                    """,
                    context: [("path", path.text), ("column", column.name)])
            }
            values.append((name: column.name, value: PartitionValue.text(scalar, column.type)))
        }
        return values
    }

    /// Names and values of the folders that are partitions, unescaped; a null is `nil`.
    private static func pairs(_ path: StorePath) -> [(name: String, value: String?)] {
        path.parts.dropLast().compactMap { part in
            guard let sign = part.firstIndex(of: "="), sign != part.startIndex else { return nil }
            let value = String(part[part.index(after: sign)...])
            return (
                PathEncoding.decode(String(part[..<sign])),
                value == PartitionPath.null || value.isEmpty ? nil : PathEncoding.decode(value)
            )
        }
    }

    /// The narrowest of integer, long, date, timestamp and string that holds every value.
    static func type(of values: [String?]) -> DataType {
        let known = values.compactMap { $0 }
        if known.isEmpty { return .string }
        for type in [DataType.integer, .long, .date, .timestamp] {
            // A date is a timestamp too, and a number with a plus sign or a space is better kept as it is.
            let fits = known.allSatisfy { text in
                guard PartitionValue.parse(text, type) != nil else { return false }
                switch type {
                case .integer, .long: return text.utf8.allSatisfy { $0 == 0x2D || $0 >= 0x30 && $0 <= 0x39 }
                case .date: return text.utf8.count == 10
                default: return text.utf8.count >= 19
                }
            }
            if fits { return type }
        }
        return .string
    }

    private static func mismatch(_ path: StorePath, _ names: [String], expected: [String]) -> TarnError {
        let found =
            names.isEmpty ? "no partition folders" : "the partition folders \(names.joined(separator: ", "))"
        let wanted = expected.isEmpty ? "none" : expected.joined(separator: ", ")
        return TarnError(
            .invalidInput,
            """
            The file \(path) lies below \(found), but \(wanted) would be expected, as for the other files or as \
            declared. Move it, or declare the partition columns that all files have.
            """,
            context: [("path", path.text)])
    }
}
