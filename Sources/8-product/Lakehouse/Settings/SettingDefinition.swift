package import Base
import Metastore

/// One setting: its name in `tarn.yaml`, what it may be, and where it is kept.
///
/// The list of definitions is the one place that knows the settings: file, environment, flags, `tarn settings` and the
/// guide follow from it.
package struct SettingDefinition: Sendable {
    /// With dots: `engine.memory_limit`.
    package let name: String
    /// One line for people.
    package let summary: String
    let parse: @Sendable (String, inout LakehouseSettings) throws(SettingProblem) -> Void
    let describe: @Sendable (LakehouseSettings) -> String?
    /// Errors do not repeat the value.
    var isSecret = false

    /// `TARN_ENGINE_MEMORY_LIMIT` for `engine.memory_limit`.
    package var environmentName: String { "TARN_" + name.uppercased().replacing(".", with: "_") }

    /// The value in force as text; `nil` if it is left to the machine.
    package func value(in settings: LakehouseSettings) -> String? { describe(settings) }
}

/// Why a value does not fit a setting, as the end of a sentence: "must be a whole number from 1 to 1024".
struct SettingProblem: Error {
    let message: String
}

extension SettingDefinition {
    package static let all: [SettingDefinition] = [
        optionalText(
            "engine.memory_limit", "the most memory queries may take together, for example 4GB or 70%",
            \.engine.memoryLimit, check: checkMemoryLimit),
        optionalInteger("engine.threads", "threads that queries share", 1...1024, \.engine.threads),
        optionalText(
            "engine.spill_folder", "where queries that outgrow the memory put their overflow",
            \.engine.spillFolder,
            check: checkNotEmpty),
        integer("engine.connections", "statements that run at the same time", 1...256, \.engine.connections),
        flag("tables.deletion_vectors", "new tables mark deleted rows", \.tables.deletionVectors),
        flag("tables.change_data_feed", "new tables record what changes", \.tables.changeDataFeed),
        flag("tables.row_tracking", "new tables give rows ids that stay", \.tables.rowTracking),
        flag("tables.auto_compaction", "new tables join small files after writes", \.tables.autoCompaction),
        flag("tables.optimized_writes", "new tables get larger files from writes", \.tables.optimizedWrites),
        flag("tables.file_compaction", "join small files where tables ask for it", \.tables.fileCompaction),
        flag("tables.checkpoints", "whether checkpoints are written when they are due", \.tables.checkpoints),
        flag("tables.log_cleanup", "whether log files past their retention go", \.tables.logCleanup),
        flag("tables.checksums", "whether each commit gets a version checksum", \.tables.checksums),
        integer(
            "tables.log_compaction_interval", "commits that one compacted log file stands for; 0 for none",
            0...100_000, \.tables.logCompactionInterval),
        metastoreURL,
        text("server.host", "address to listen on", \.server.host, check: checkNotEmpty),
        integer("server.port", "port to listen on; 0 takes any free one", 0...65535, \.server.port),
        bytes("server.body_limit", "largest request body", \.server.bodyLimitBytes),
        seconds(
            "server.statement_timeout", "statements over HTTP are cancelled after so long",
            \.server.statementTimeoutSeconds),
        seconds(
            "server.result_retention", "results of finished statements are kept so long",
            \.server.resultRetentionSeconds),
        optionalInteger(
            "server.rate_limit",
            "requests a second of one caller; 0 for no limit; else none for the local owner alone, 1000 for others",
            0...1_000_000, \.server.rateLimit),
        seconds(
            "server.request_timeout", "a request's head, and its body, must be there after so long",
            \.server.requestTimeoutSeconds),
        seconds(
            "server.handler_timeout", "requests that are no statements end with an error after so long",
            \.server.handlerTimeoutSeconds),
        integer(
            "server.max_connections", "connections at the same time; more wait", 1...1_000_000,
            \.server.maximumConnections),
        seconds(
            "server.idle_timeout", "connections without traffic are closed after so long",
            \.server.idleTimeoutSeconds),
        choice(
            "auth.mode", "whether callers of the server must show a token", ["none", "required"], \.auth.mode),
        seconds(
            "auth.session_lifetime", "tokens given in exchange for other credentials live so long",
            \.auth.sessionSeconds),
        optionalText(
            "auth.oidc.issuer", "identity provider whose JWTs are taken, as their claim iss has it",
            \.auth.oidc.issuer, check: checkNotEmpty),
        optionalText(
            "auth.oidc.audience", "what the claim aud of JWTs must hold", \.auth.oidc.audience,
            check: checkNotEmpty),
        optionalText(
            "auth.oidc.jwks", "URL or file of the provider's keys; else the issuer is asked where they are",
            \.auth.oidc.jwks, check: checkNotEmpty),
        text(
            "auth.oidc.principal_claim", "claim of JWTs that names the user", \.auth.oidc.principalClaim,
            check: checkNotEmpty),
        optionalText(
            "auth.oidc.groups_claim", "claim of JWTs that lists groups by name", \.auth.oidc.groupsClaim,
            check: checkNotEmpty),
        seconds(
            "auth.oidc.clock_leeway", "how far the provider's clock may be from this machine's",
            \.auth.oidc.leewaySeconds),
        flag(
            "auth.oidc.create_users", "whether users whom only the provider knows are made",
            \.auth.oidc.createsUsers),
        optionalText(
            "tls.certificate", "file with the server's chain of certificates (PEM)", \.tls.certificate,
            check: checkNotEmpty),
        optionalText(
            "tls.key", "file with the certificate's private key (PEM)", \.tls.key, check: checkNotEmpty),
        choice("audit.mode", "whether what is done is recorded", ["auto", "on", "off"], \.audit.mode),
        choice(
            "audit.statement_text", "how much of each statement is recorded", ["off", "normalized", "full"],
            \.audit.statementText),
        seconds(
            "audit.flush_interval", "journals of events go into their table after so long",
            \.audit.flushIntervalSeconds),
        choice(
            "log.level", "least important messages to log",
            ["trace", "debug", "info", "notice", "warning", "error", "critical"], \.log.level),
        choice("log.format", "text for people, json for machines", ["text", "json"], \.log.format),
    ]

    package static func named(_ name: String) throws(TarnError) -> SettingDefinition {
        if let found = all.first(where: { $0.name == name }) { return found }
        throw TarnError(
            .invalidInput,
            "Unknown setting '\(name)'.\(didYouMean(name, among: all.map(\.name))) `tarn settings` lists them all.",
            context: [("setting", name)])
    }

    /// Sets the value; an error names the setting and `source`, for example `lakehouse/tarn.yaml line 3`.
    func apply(_ value: String, to settings: inout LakehouseSettings, source: String) throws(TarnError) {
        do { try parse(value, &settings) } catch {
            throw TarnError(
                .invalidInput,
                "Setting \(name) (\(source)) \(error.message)\(isSecret ? "" : "; found '\(value)'").",
                context: [("setting", name), ("source", source)])
        }
    }
}

// MARK: - Kinds of settings

extension SettingDefinition {
    typealias Place<T> = any WritableKeyPath<LakehouseSettings, T> & Sendable
    typealias Check = @Sendable (String) throws(SettingProblem) -> Void

    private static func text(
        _ name: String, _ summary: String, _ place: Place<String>, check: @escaping Check
    ) -> SettingDefinition {
        SettingDefinition(
            name: name, summary: summary,
            parse: { (text, settings) throws(SettingProblem) in
                try check(text)
                settings[keyPath: place] = text
            }, describe: { $0[keyPath: place] })
    }

    private static func optionalText(
        _ name: String, _ summary: String, _ place: Place<String?>, check: @escaping Check
    ) -> SettingDefinition {
        SettingDefinition(
            name: name, summary: summary,
            parse: { (text, settings) throws(SettingProblem) in
                try check(text)
                settings[keyPath: place] = text
            }, describe: { $0[keyPath: place] })
    }

    private static func choice(
        _ name: String, _ summary: String, _ choices: [String], _ place: Place<String>
    ) -> SettingDefinition {
        text(name, summary + " (\(choices.joined(separator: ", ")))", place) {
            (text) throws(SettingProblem) in
            if !choices.contains(text) {
                throw SettingProblem(message: "must be one of \(choices.joined(separator: ", "))")
            }
        }
    }

    private static func parseInteger(
        _ text: String, _ range: ClosedRange<Int>
    ) throws(SettingProblem) -> Int {
        guard let value = Int(text), range.contains(value) else {
            throw SettingProblem(
                message: "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    private static func integer(
        _ name: String, _ summary: String, _ range: ClosedRange<Int>, _ place: Place<Int>
    ) -> SettingDefinition {
        SettingDefinition(
            name: name, summary: summary,
            parse: { (text, settings) throws(SettingProblem) in
                settings[keyPath: place] = try parseInteger(text, range)
            }, describe: { String($0[keyPath: place]) })
    }

    private static func optionalInteger(
        _ name: String, _ summary: String, _ range: ClosedRange<Int>, _ place: Place<Int?>
    ) -> SettingDefinition {
        SettingDefinition(
            name: name, summary: summary,
            parse: { (text, settings) throws(SettingProblem) in
                settings[keyPath: place] = try parseInteger(text, range)
            }, describe: { $0[keyPath: place].map(String.init) })
    }

    private static func flag(_ name: String, _ summary: String, _ place: Place<Bool>) -> SettingDefinition {
        SettingDefinition(
            name: name, summary: summary + " (true, false)",
            parse: { (text, settings) throws(SettingProblem) in
                switch text.lowercased() {
                case "true", "yes", "on", "1": settings[keyPath: place] = true
                case "false", "no", "off", "0": settings[keyPath: place] = false
                default: throw SettingProblem(message: "must be true or false")
                }
            }, describe: { String($0[keyPath: place]) })
    }

    private static func bytes(_ name: String, _ summary: String, _ place: Place<Int>) -> SettingDefinition {
        SettingDefinition(
            name: name, summary: summary,
            parse: { (text, settings) throws(SettingProblem) in
                guard let count = byteCount(text), count > 0 else {
                    throw SettingProblem(message: "must be a size such as 512KB, 16MB or 1GB")
                }
                settings[keyPath: place] = count
            }, describe: { String($0[keyPath: place]) })
    }

    private static func seconds(_ name: String, _ summary: String, _ place: Place<Int>) -> SettingDefinition {
        SettingDefinition(
            name: name, summary: summary,
            parse: { (text, settings) throws(SettingProblem) in
                guard let count = secondCount(text), count > 0 else {
                    throw SettingProblem(message: "must be a time such as 30s, 10m or 2h")
                }
                settings[keyPath: place] = count
            }, describe: { "\($0[keyPath: place])s" })
    }

    /// Empty means the file in the home.
    private static let metastoreURL = SettingDefinition(
        name: "metastore.url",
        summary: "postgresql://user@host:port/database keeps the metastore there instead of in the home",
        parse: { (text, settings) throws(SettingProblem) in
            if !text.isEmpty, let problem = PostgresLocation.problem(text) {
                throw SettingProblem(message: problem)
            }
            settings.metastore.url = text.isEmpty ? nil : text
        },
        describe: { $0.metastore.url.flatMap { try? PostgresLocation($0).description } }, isSecret: true)

    private static let checkNotEmpty: Check = { (text) throws(SettingProblem) in
        if text.isEmpty { throw SettingProblem(message: "must not be empty") }
    }

    private static let checkMemoryLimit: Check = { (text) throws(SettingProblem) in
        let isPercentage = text.hasSuffix("%") && Double(text.dropLast()).map { $0 > 0 && $0 <= 100 } == true
        if !isPercentage, byteCount(text).map({ $0 > 0 }) != true {
            throw SettingProblem(
                message: "must be a size such as 4GB, or a share of the machine's such as 70%")
        }
    }
}

/// Number and unit of texts such as `16 MB`; `nil` if the number is none.
private func quantity(_ text: String) -> (value: Double, unit: String)? {
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    guard let value = Double(digits), value.isFinite else { return nil }
    return (value, text.dropFirst(digits.count).lowercased().filter { $0 != " " })
}

/// Bytes in a text such as `1048576`, `16MB` (powers of 1000) or `16MiB` (powers of 1024); `nil` if it is none.
func byteCount(_ text: String) -> Int? {
    guard let (value, unit) = quantity(text) else { return nil }
    let factors: [String: Double] = [
        "": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "kib": 1024, "mib": 1_048_576,
        "gib": 1_073_741_824, "tib": 1_099_511_627_776,
    ]
    return factors[unit].flatMap { Int(exactly: (value * $0).rounded()) }
}

/// Seconds in a text such as `90`, `30s`, `10m` or `2h`; `nil` if it is none.
package func secondCount(_ text: String) -> Int? {
    guard let (value, unit) = quantity(text) else { return nil }
    let factors: [String: Double] = ["": 1, "s": 1, "m": 60, "h": 3600, "d": 86400]
    return factors[unit].flatMap { Int(exactly: (value * $0).rounded()) }
}
