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
    /// For libpq, without what is Tarn's own.
    ///
    /// May hold a password: never shown.
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
        do { self = try Self.read(url) } catch {
            throw TarnError(
                .invalidInput, "The address of the metastore \(error.message).",
                context: [("setting", "metastore.url")])
        }
    }

    /// What is wrong with an address, as the end of a sentence: "must start with postgresql://"; `nil` if it is right.
    package static func problem(_ url: String) -> String? {
        do {
            _ = try read(url)
            return nil
        } catch { return error.message }
    }

    private struct Problem: Error {
        let message: String
    }

    private static func read(_ url: String) throws(Problem) -> PostgresLocation {
        guard url.hasPrefix("postgresql://") || url.hasPrefix("postgres://") else {
            throw Problem(message: "must start with postgresql://")
        }
        let halves = url.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let base = String(halves[0])
        var (schema, poolSize, passed) = ("tarn", 8, [Substring]())
        for parameter in halves.count == 2 ? halves[1].split(separator: "&") : [] {
            let parts = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            switch parts[0] {
            case "schema": schema = parts.count == 2 ? String(parts[1]) : ""
            case "pool": poolSize = parts.count == 2 ? Int(parts[1]) ?? 0 : 0
            default: passed.append(parameter)
            }
        }
        guard isPlainName(schema) else {
            throw Problem(
                message: "must have a schema of at most 63 lower-case letters, digits and underscores")
        }
        guard (1...256).contains(poolSize) else { throw Problem(message: "must have a pool from 1 to 256") }
        let connectionString = base + (passed.isEmpty ? "" : "?" + passed.joined(separator: "&"))
        guard let options = parse(connectionString),
            options["port", default: ""].split(separator: ",").allSatisfy({ UInt16($0) != nil })
        else {
            throw Problem(
                message:
                    "must be of the form postgresql://user@host:port/database?name=value, with @ : / ? in names and passwords written as %40 %3A %2F %3F"
            )
        }
        let shown = passed.filter { !$0.hasPrefix("password=") && !$0.hasPrefix("sslpassword=") }
        return PostgresLocation(
            connectionString: connectionString, schema: schema, poolSize: poolSize,
            connectTimeout: max(1, options["connect_timeout"].flatMap { Int($0) } ?? 10),
            description: withoutPassword(base) + "?"
                + (["schema=\(schema)"] + shown.map(String.init)).joined(separator: "&"))
    }

    private init(
        connectionString: String, schema: String, poolSize: Int, connectTimeout: Int, description: String
    ) {
        self.connectionString = connectionString
        self.schema = schema
        self.poolSize = poolSize
        self.connectTimeout = connectTimeout
        self.description = description
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
