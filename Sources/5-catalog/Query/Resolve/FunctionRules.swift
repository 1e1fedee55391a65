internal import Base

/// Which functions a query may call.
///
/// Functions in FROM are refused unless they are listed, for many of them read files or the engine's own state.
/// Functions in expressions are allowed unless they are listed: of those only a few look or reach outside.
struct FunctionRules: Sendable {
    let localFiles: Bool

    /// Pure functions that make rows.
    private static let rowMakers: Set<String> = [
        "range", "generate_series", "unnest", "repeat", "repeat_row", "json_each", "json_tree", "summary",
        "icu_calendar_names", "pg_timezone_names", "test_all_types", "regexp_split_to_table",
        "generate_subscripts",
    ]

    /// Tarn's own, rewritten before the engine sees them.
    static let tableScans: Set<String> = ["delta_scan", "table_changes"]

    private static let later: [String: String] = [
        "iceberg_scan": "Iceberg tables are not supported yet"
    ]

    /// For the local owner only.
    static let fileReaders: Set<String> = [
        "read_csv", "read_csv_auto", "read_json", "read_json_auto", "read_json_objects",
        "read_json_objects_auto",
        "read_ndjson", "read_ndjson_auto", "read_ndjson_objects", "read_parquet", "parquet_scan", "read_text",
        "read_blob", "glob", "sniff_csv", "parquet_metadata", "parquet_schema", "parquet_file_metadata",
        "parquet_kv_metadata", "parquet_full_metadata", "parquet_bloom_probe",
    ]

    /// Functions that show settings, files or the rewritten query, wait, or change state.
    private static let refused: Set<String> = [
        "current_setting", "getvariable", "getenv", "nextval", "currval", "setseed", "sleep_ms", "pg_sleep",
        "write_log", "current_query", "json_serialize_plan", "json_execute_serialized_sql", "stats",
        "which_secret",
        "parse_duckdb_log_message", "get_block_size", "pg_get_viewdef", "pg_get_constraintdef",
        "pg_conf_load_time",
        "query", "query_table", "read_text", "read_blob", "glob", "set_config", "load_extension",
    ]

    func checkTableFunction(_ name: String, schema: String, offset: Int?) throws {
        if !["", "main", "pg_catalog"].contains(schema.lowercased()) {
            throw TreeError(.notFound, "There is no function \(schema).\(name).", offset: offset)
        }
        if Self.rowMakers.contains(name) || Self.tableScans.contains(name) {
            if name == "delta_scan", !localFiles {
                throw TreeError(
                    .permissionDenied,
                    "\(name) reads a path of this machine, which only the local owner may do; use a table of the catalog.",
                    offset: offset)
            }
            return
        }
        if let reason = Self.later[name] { throw TreeError(.unsupported, reason + ".", offset: offset) }
        if Self.fileReaders.contains(name) {
            if localFiles { return }
            throw TreeError(
                .permissionDenied,
                "\(name) reads files of this machine, which only the local owner may do; use a table of the catalog.",
                offset: offset)
        }
        let known = Self.rowMakers.union(Self.tableScans).union(localFiles ? Self.fileReaders : [])
        throw TreeError(
            .permissionDenied,
            "The function \(name) cannot be used in FROM.\(didYouMean(name, among: known))",
            offset: offset)
    }

    func checkFunction(_ name: String, schema: String, offset: Int?) throws {
        if !["", "main", "pg_catalog"].contains(schema.lowercased()) {
            throw TreeError(.notFound, "There is no function \(schema).\(name).", offset: offset)
        }
        if Self.refused.contains(name) || name.hasPrefix("__") || name.hasPrefix("pragma_") {
            throw TreeError(.permissionDenied, "The function \(name) is not allowed.", offset: offset)
        }
    }
}
