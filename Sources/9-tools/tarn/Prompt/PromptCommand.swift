/// What the prompt does by itself.
enum PromptCommand: Equatable {
    case quit, help, timing
    case format(OutputFormat)
    /// A table's columns, or all tables.
    case describe(String?)
    case unknown(String)

    /// `nil` if the line is SQL.
    init?(_ line: String) {
        let words = line.split(separator: " ", maxSplits: 1).map(String.init)
        guard let first = words.first else { return nil }
        let argument = words.count > 1 ? words[1].drop { $0 == " " }.description : nil
        switch first.lowercased() {
        case "\\q", "quit", "exit", "quit;", "exit;": self = .quit
        case "\\help", "\\h", "\\?", "help", "help;": self = .help
        case "\\timing": self = .timing
        case "\\d": self = .describe(argument.map { $0.hasSuffix(";") ? String($0.dropLast()) : $0 })
        case "\\format":
            guard let format = argument.flatMap({ OutputFormat(rawValue: $0) }), format != .parquet else {
                return nil
            }
            self = .format(format)
        default:
            guard first.hasPrefix("\\") else { return nil }
            self = .unknown(first)
        }
    }

    static let helpText = """
        Statements end with a semicolon and may have several lines. Control-C cancels, Tab completes, the arrow keys
        walk through what was typed before (only what begins like the line, if something is typed already).

          \\d               tables
          \\d NAME          columns of a table
          \\format FORMAT   table, json or csv
          \\timing          show how long statements take, or stop showing it
          \\q               leave (Control-D does as well)
        """
}

/// Words that the prompt completes.
enum SQLKeywords {
    static let all = [
        "ADD", "ALL", "ALTER", "AND", "ANTI", "AS", "ASC", "ASOF", "AT", "BETWEEN", "BY", "CASCADE", "CASE",
        "CAST",
        "CATALOG", "COLUMN", "COMMENT", "COPY", "CREATE", "CROSS", "CURRENT_DATE", "DELTA_SCAN", "DESC",
        "DESCRIBE",
        "DETAIL", "DISTINCT", "DROP", "ELSE", "END", "EXCEPT", "EXISTS", "EXPLAIN", "FALSE", "FROM", "FULL",
        "GROUP",
        "HAVING", "HISTORY", "IF", "IN", "INNER", "INSERT", "INTERSECT", "INTERVAL", "INTO", "IS", "JOIN",
        "LEFT",
        "LIKE", "LIMIT", "LOCATION", "NOT", "NULL", "OFFSET", "ON", "OR", "ORDER", "OUTER", "OVER",
        "OVERWRITE",
        "PARTITION", "PARTITIONED", "PROPERTIES", "QUALIFY", "REPLACE", "RIGHT", "SCHEMA", "SELECT", "SEMI",
        "SET",
        "SHOW", "TABLE", "TABLES", "TBLPROPERTIES", "THEN", "TIMESTAMP", "TRUE", "UNION", "UNNEST", "USE",
        "USING",
        "VALUES", "VERSION", "WHEN", "WHERE", "WINDOW", "WITH",
    ]
}
