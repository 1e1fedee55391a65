package import Base
import CPostgres
import Foundation

/// A schema of a PostgreSQL database, as the setting `metastore.url` names it.
///
///     postgresql://tarn@db.example.com:5432/lake?schema=sales&sslmode=verify-full
///
/// Everything that libpq takes may follow the `?` (several hosts, TLS); `schema` (default `tarn`) and `pool` (readers at
/// the same time, default 8) are Tarn's own. The password is better kept in `PGPASSWORD` or `~/.pgpass`.
package struct PostgresLocation: Sendable, Hashable {
    /// For libpq, without what is Tarn's own. May hold a password: never shown.
    let connectionString: String
    /// Where the tables are.
    package let schema: String
    /// Connections for readers, opened when they are needed.
    let poolSize: Int
    /// Seconds within which the database has to answer, and for which callers wait when it does not.
    let connectTimeout: Int
    /// The URL without passwords, for people.
    package let description: String

    /// - Parameter url: As above.
    /// - Throws: `.invalidInput`, without the URL in the message, since it may hold a password.
    package init(_ url: String) throws(TarnError) {
        guard url.hasPrefix("postgresql://") || url.hasPrefix("postgres://") else {
            throw Self.invalid("must start with postgresql://")
        }
        let halves = url.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var (schema, poolSize, passed) = ("tarn", 8, [Substring]())
        for parameter in halves.count == 2 ? halves[1].split(separator: "&") : [] {
            let parts = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            switch parts[0] {
            case "schema": schema = parts.count == 2 ? String(parts[1]) : ""
            case "pool": poolSize = parts.count == 2 ? Int(parts[1]) ?? 0 : 0
            default: passed.append(parameter)
            }
        }
        guard Self.isPlainName(schema) else {
            throw Self.invalid(
                "has a schema that is not of lower-case letters, digits and underscores, at most 63")
        }
        guard (1...256).contains(poolSize) else { throw Self.invalid("has a pool that is not from 1 to 256") }
        let base = String(halves[0])
        connectionString = base + (passed.isEmpty ? "" : "?" + passed.joined(separator: "&"))
        self.schema = schema
        self.poolSize = poolSize
        guard let options = Self.parse(connectionString) else {
            throw Self.invalid(
                "is not of the form postgresql://user@host:port/database?name=value; characters such as @, / and ? in a name or password are written %40, %2F, %3F"
            )
        }
        connectTimeout = max(1, options["connect_timeout"].flatMap { Int($0) } ?? 10)
        let shown = passed.filter { !$0.hasPrefix("password=") && !$0.hasPrefix("sslpassword=") }
        description =
            Self.withoutPassword(base)
            + "?" + (["schema=\(schema)"] + shown.map(String.init)).joined(separator: "&")
    }

    private static func invalid(_ problem: String) -> TarnError {
        TarnError(
            .invalidInput, "The address of the metastore \(problem).", context: [("setting", "metastore.url")]
        )
    }

    private static func isPlainName(_ name: String) -> Bool {
        guard let first = name.utf8.first, name.utf8.count <= 63, !name.hasPrefix("pg_") else { return false }
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        return (letters.contains(first) || first == UInt8(ascii: "_"))
            && name.utf8.allSatisfy { letters.contains($0) || digits.contains($0) || $0 == UInt8(ascii: "_") }
    }

    private static func withoutPassword(_ base: String) -> String {
        guard let at = base.lastIndex(of: "@"), let start = base.range(of: "://")?.upperBound,
            start < at, let colon = base[start..<at].firstIndex(of: ":")
        else { return base }
        return base[..<colon] + ":***" + base[at...]
    }

    /// What libpq makes of a connection string; `nil` when it cannot read it.
    private static func parse(_ text: String) -> [String: String]? {
        var message: UnsafeMutablePointer<CChar>?
        defer { if let message { PQfreemem(message) } }
        guard let options = PQconninfoParse(text, &message) else { return nil }
        defer { PQconninfoFree(options) }
        var values: [String: String] = [:]
        var next = options
        while let keyword = next.pointee.keyword {
            if let value = next.pointee.val { values[String(cString: keyword)] = String(cString: value) }
            next += 1
        }
        return values
    }
}
