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
        "ADD", "ALL", "ALTER", "ALWAYS", "AND", "ANTI", "APPLY", "AS", "ASC", "ASOF", "AT", "BETWEEN",
        "BY", "CASCADE", "CASE", "CAST", "CATALOG", "CHECK", "CLONE", "CLUSTER", "COLUMN", "COMMENT",
        "CONSTRAINT", "CONVERT", "COPY", "CREATE", "CROSS", "CURRENT_DATE", "DAYS", "DEEP", "DEFAULT",
        "DELETE", "DELTA", "DELTA_SCAN", "DESC", "DESCRIBE", "DETAIL", "DISTINCT", "DROP", "DRY",
        "ELSE", "END", "EVOLUTION", "EXCEPT", "EXISTS", "EXPLAIN", "FALSE", "FEATURE", "FORCE", "FROM",
        "FULL", "GENERATED", "GROUP", "HAVING", "HISTORY", "HOURS", "IDENTITY", "IF", "IN", "INNER",
        "INSERT", "INTERSECT", "INTERVAL", "INTO", "IS", "JOIN", "LEFT", "LIKE", "LIMIT", "LOCATION",
        "MATCHED", "MERGE", "NOT", "NULL", "OF", "OFFSET", "ON", "OPTIMIZE", "OR", "ORDER", "OUTER",
        "OVER", "OVERWRITE", "PARQUET", "PARTITION", "PARTITIONED", "PROPERTIES", "PURGE", "QUALIFY",
        "RENAME", "REORG", "REPLACE", "RESTORE", "RETAIN", "RIGHT", "RUN", "SCHEMA", "SELECT", "SEMI",
        "SET", "SHALLOW", "SHOW", "SOURCE", "TABLE", "TABLES", "TABLE_CHANGES", "TBLPROPERTIES", "THEN",
        "TIMESTAMP", "TO", "TRUE", "TRUNCATE", "TYPE", "UNION", "UNNEST", "UPDATE", "USE", "USING",
        "VACUUM", "VALUES", "VERSION", "WHEN", "WHERE", "WINDOW", "WITH", "ZORDER",
    ]
}
