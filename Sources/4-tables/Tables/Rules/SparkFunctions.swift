import Base
import TableModel

/// Spark's functions in the engine's SQL.
enum SparkFunctions {
    /// A function without parentheses; `nil` for another word.
    static func constant(_ name: String) -> String? {
        switch name {
        case "current_date", "current_timestamp": try? call(name, [])
        default: nil
        }
    }

    /// A call with its arguments, which are SQL of the engine already.
    ///
    /// - Throws: `.unsupported` naming a function that is not known, `.invalidInput` for a wrong number of arguments.
    static func call(_ name: String, _ arguments: [String]) throws(TarnError) -> String {
        if let own = same[name] {
            return "\(own)(\(arguments.joined(separator: ", ")))"
        }
        if let type = SparkType.names[name], arguments.count == 1 {
            return "CAST(\(arguments[0]) AS \(type))"
        }
        guard let form = forms[name] else {
            throw TarnError(
                .unsupported,
                "the function \(name) is not supported in the rules of a table.\(didYouMean(name, among: known))",
                context: [("function", name)])
        }
        guard let text = form(arguments) else {
            throw TarnError(
                .invalidInput,
                "the function \(name) cannot be called with \(arguments.count) arguments of that kind.",
                context: [("function", name)])
        }
        return "(\(text))"
    }

    private static var known: [String] { Array(same.keys) + Array(forms.keys) }

    /// Functions that mean the same in both, by Spark's name.
    private static let same: [String: String] = {
        var names: [String: String] = [:]
        for name in [
            "abs", "acos", "asin", "atan", "atan2", "cbrt", "ceil", "ceiling", "coalesce", "cos", "degrees",
            "exp", "floor", "greatest", "least", "left", "ln", "log10", "log2", "lower", "lpad", "ltrim",
            "md5",
            "nullif", "pi", "radians", "repeat", "replace", "reverse", "right", "round", "rpad", "rtrim",
            "sign", "sin", "sqrt", "substr", "substring", "tan", "translate", "trim", "upper", "year",
            "month",
            "day", "quarter", "hour", "minute", "dayofyear", "weekofyear", "last_day", "instr", "concat_ws",
            "typeof", "isnan", "ascii", "uuid",
        ] { names[name] = name }
        for (name, own) in [
            ("nvl", "coalesce"), ("ifnull", "coalesce"), ("lcase", "lower"), ("ucase", "upper"),
            ("pow", "pow"), ("power", "pow"), ("length", "length"), ("char_length", "length"),
            ("character_length", "length"), ("len", "length"), ("dayofmonth", "day"), ("signum", "sign"),
            ("size", "len"), ("cardinality", "len"), ("array_size", "len"), ("array", "list_value"),
            ("array_contains", "list_contains"), ("array_distinct", "list_distinct"),
            ("startswith", "starts_with"), ("endswith", "ends_with"), ("contains", "contains"),
            ("map_keys", "map_keys"), ("map_values", "map_values"), ("make_date", "make_date"),
            ("to_json", "to_json"), ("hex", "hex"), ("octet_length", "octet_length"),
        ] { names[name] = own }
        return names
    }()

    private typealias Form = @Sendable ([String]) -> String?

    private static func one(_ body: @escaping @Sendable (String) -> String) -> Form {
        { $0.count == 1 ? body($0[0]) : nil }
    }

    private static func two(_ body: @escaping @Sendable (String, String) -> String) -> Form {
        { $0.count == 2 ? body($0[0], $0[1]) : nil }
    }

    private static func three(_ body: @escaping @Sendable (String, String, String) -> String) -> Form {
        { $0.count == 3 ? body($0[0], $0[1], $0[2]) : nil }
    }

    /// Functions whose name, arguments or meaning differ.
    private static let forms: [String: Form] = textForms().merging(timeForms()) { first, _ in first }
        .merging(otherForms()) { first, _ in first }

    private static func textForms() -> [String: Form] {
        var forms: [String: Form] = [:]
        // Null in, null out, unlike the engine's own concat.
        forms["concat"] = { $0.isEmpty ? nil : $0.joined(separator: " || ") }
        forms["locate"] = two { "instr(\($1), \($0))" }
        forms["position"] = two { "instr(\($1), \($0))" }
        forms["sha"] = one { "sha1(\($0))" }
        forms["sha1"] = one { "sha1(\($0))" }
        forms["sha2"] = two { $1 == "256" || $1 == "0" ? "sha256(\($0))" : "error('sha2 of \($1) bits')" }
        forms["regexp_like"] = two { "regexp_matches(\($0), \($1))" }
        forms["regexp_replace"] = three { "regexp_replace(\($0), \($1), \($2), 'g')" }
        forms["split"] = two { "regexp_split_to_array(\($0), \($1))" }
        return forms
    }

    private static func timeForms() -> [String: Form] {
        var forms: [String: Form] = [:]
        forms["now"] = { $0.isEmpty ? "CAST(now() AS TIMESTAMP WITH TIME ZONE)" : nil }
        forms["current_timestamp"] = { $0.isEmpty ? "CAST(now() AS TIMESTAMP WITH TIME ZONE)" : nil }
        forms["localtimestamp"] = { $0.isEmpty ? "CAST(now() AS TIMESTAMP)" : nil }
        forms["current_date"] = { $0.isEmpty ? "CAST(now() AS DATE)" : nil }
        forms["curdate"] = { $0.isEmpty ? "CAST(now() AS DATE)" : nil }
        forms["to_date"] = one { "CAST(\($0) AS DATE)" }
        forms["to_timestamp"] = one { "CAST(\($0) AS TIMESTAMP WITH TIME ZONE)" }
        forms["second"] = one { "CAST(floor(second(\($0))) AS INTEGER)" }
        // 1 is Sunday; the engine counts it as 0.
        forms["dayofweek"] = one { "dayofweek(\($0)) + 1" }
        forms["weekday"] = one { "isodow(\($0)) - 1" }
        forms["date_add"] = two { "CAST(CAST(\($0) AS DATE) + CAST(\($1) AS INTEGER) AS DATE)" }
        forms["date_sub"] = two { "CAST(CAST(\($0) AS DATE) - CAST(\($1) AS INTEGER) AS DATE)" }
        forms["add_months"] = two { "CAST(CAST(\($0) AS DATE) + to_months(CAST(\($1) AS INTEGER)) AS DATE)" }
        forms["datediff"] = two { "date_diff('day', CAST(\($1) AS DATE), CAST(\($0) AS DATE))" }
        forms["date_diff"] = two { "date_diff('day', CAST(\($1) AS DATE), CAST(\($0) AS DATE))" }
        forms["date_trunc"] = two { dateTrunc($0, "CAST(\($1) AS TIMESTAMP WITH TIME ZONE)") }
        forms["trunc"] = two { "CAST(\(dateTrunc($1, "CAST(\($0) AS DATE)")) AS DATE)" }
        forms["date_format"] = { arguments in
            guard arguments.count == 2, let pattern = strftime(arguments[1]) else { return nil }
            return "strftime(CAST(\(arguments[0]) AS TIMESTAMP), \(pattern))"
        }
        forms["unix_timestamp"] = one {
            "CAST(floor(epoch(CAST(\($0) AS TIMESTAMP WITH TIME ZONE))) AS BIGINT)"
        }
        forms["timestamp_seconds"] = one { "to_timestamp(\($0))" }
        forms["timestamp_millis"] = one {
            "CAST(epoch_ms(CAST(\($0) AS BIGINT)) AS TIMESTAMP WITH TIME ZONE)"
        }
        forms["unix_date"] = one { "date_diff('day', DATE '1970-01-01', CAST(\($0) AS DATE))" }
        return forms
    }

    private static func otherForms() -> [String: Form] {
        var forms: [String: Form] = [:]
        forms["if"] = three { "CASE WHEN \($0) THEN \($1) ELSE \($2) END" }
        forms["iff"] = three { "CASE WHEN \($0) THEN \($1) ELSE \($2) END" }
        forms["nvl2"] = three { "CASE WHEN \($0) IS NOT NULL THEN \($1) ELSE \($2) END" }
        forms["isnull"] = one { "\($0) IS NULL" }
        forms["isnotnull"] = one { "\($0) IS NOT NULL" }
        forms["mod"] = two { "\($0) % \($1)" }
        forms["element_at"] = two { "(\($0))[\($1)]" }
        forms["log"] = {
            $0.count == 1 ? "ln(\($0[0]))" : $0.count == 2 ? "ln(\($0[1])) / ln(\($0[0]))" : nil
        }
        forms["negative"] = one { "-(\($0))" }
        forms["not"] = one { "NOT (\($0))" }
        forms["named_struct"] = { arguments in
            guard arguments.count % 2 == 0, !arguments.isEmpty else { return nil }
            let pairs = stride(from: 0, to: arguments.count, by: 2).map {
                "\(arguments[$0]): \(arguments[$0 + 1])"
            }
            return "{\(pairs.joined(separator: ", "))}"
        }
        return forms
    }

    private static func dateTrunc(_ unit: String, _ value: String) -> String {
        let plain = unit.lowercased()
        let known = [
            "'yyyy'": "'year'", "'yy'": "'year'", "'mm'": "'month'", "'mon'": "'month'", "'dd'": "'day'",
        ]
        return "date_trunc(\(known[plain] ?? plain), \(value))"
    }

    /// Java's date pattern as `strftime`'s; `nil` where a letter has no counterpart.
    private static func strftime(_ literal: String) -> String? {
        guard literal.hasPrefix("'"), literal.hasSuffix("'"), literal.count >= 2 else { return nil }
        let known = [
            "yyyy": "%Y", "yy": "%y", "MM": "%m", "M": "%-m", "MMM": "%b", "MMMM": "%B", "dd": "%d",
            "d": "%-d",
            "HH": "%H", "H": "%-H", "hh": "%I", "h": "%-I", "mm": "%M", "ss": "%S", "SSS": "%g", "a": "%p",
            "DDD": "%j", "EEEE": "%A", "E": "%a", "EEE": "%a", "SSSSSS": "%f", "y": "%Y",
        ]
        var out = ""
        var rest = literal.dropFirst().dropLast()
        while let first = rest.first {
            guard first.isLetter else {
                out += first == "%" ? "%%" : String(first)
                rest = rest.dropFirst()
                continue
            }
            let run = rest.prefix { $0 == first }
            guard let directive = known[String(run)] else { return nil }
            out += directive
            rest = rest.dropFirst(run.count)
        }
        return "'\(out)'"
    }
}
