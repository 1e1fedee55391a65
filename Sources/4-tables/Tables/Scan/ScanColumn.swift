import TableModel

/// One column that a scan gives out, and where its values come from.
struct ScanColumn {
    enum Source {
        /// A column of the table's schema that lies in the files; null where a file lacks it.
        case file(SchemaField)
        /// One value for all rows of a file, as text that is cast; by the file's place.
        case perFile([String?])
        /// A column of that name in the files, and where a file has none, one value for all its rows.
        case physical(String, orPerFile: [String?])
        /// The number that a file's first row has, by the file's place, plus the row's own place; where a file has a
        /// column of that name and the row a value in it, that value.
        case rowNumber(from: [Int64?], unlessIn: String?)
        /// A whole number for all rows of a file, unless a column of that name has one.
        case wholePerFile([Int64?], unlessIn: String?)
        /// The file's place in the scan, from 0.
        case filePlace
        /// The row's place in its file, from 0.
        case rowPlace
    }

    let name: String
    let type: DataType
    let source: Source

    /// The name in the files of a column that is not of the table's schema.
    var physicalExtra: String? {
        switch source {
        case .physical(let name, _): name
        case .rowNumber(_, let name), .wholePerFile(_, let name): name
        case .file, .perFile, .filePlace, .rowPlace: nil
        }
    }

    var schemaField: SchemaField? {
        if case .file(let field) = source { field } else { nil }
    }
}
