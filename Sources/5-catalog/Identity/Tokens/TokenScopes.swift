package import Base

/// A part of the server that a token may be for.
package enum TokenSurface: String, Hashable, Sendable, CaseIterable {
    case sql, feast, iceberg, mlflow, lineage, sharing
    case unityCatalog = "unity-catalog"
    /// Users, groups and tokens themselves.
    case identity

    /// The surface of a path or a route's pattern; `nil` is for every valid token.
    package init?(path: String) {
        for (prefix, surface) in Self.prefixes where Self.isIn(path, prefix) {
            guard let surface else { return nil }
            self = surface
            return
        }
        return nil
    }

    /// The first that fits counts.
    private static let prefixes: [(String, TokenSurface?)] = [
        ("/api/2.0/sql", .sql),
        ("/iceberg", .iceberg), ("/api/2.1/unity-catalog/iceberg-rest", .iceberg),
        ("/api/2.1/unity-catalog", .unityCatalog), ("/api/2.0/settings", .unityCatalog),
        ("/api/2.1/tarn", .unityCatalog),
        ("/api/2.1/lineage-tracking", .lineage), ("/api/2.0/lineage-tracking", .lineage),
        ("/api/1.0/unity-control", .identity), ("/api/2.0/preview/scim", .identity),
        ("/api/2.0/token", .identity),
        ("/api/2.0/mlflow", .mlflow), ("/api/3.0/mlflow", .mlflow), ("/ajax-api", .mlflow),
        ("/api/2.0/mlflow-artifacts", .mlflow),
        ("/api/v1", .lineage), ("/delta-sharing", .sharing),
        ("/get-online-features", .feast), ("/push", .feast), ("/write-to-online-store", .feast),
        ("/materialize", .feast), ("/materialize-incremental", .feast), ("/search", .feast),
        ("/retrieve-online-documents", .feast), ("/v1/vector_stores", .feast),
    ]

    private static func isIn(_ path: String, _ prefix: String) -> Bool {
        path.hasPrefix(prefix)
            && (path.utf8.count == prefix.utf8.count || path.dropFirst(prefix.count).hasPrefix("/"))
    }
}

/// What a token may be used for; never more than its principal may do.
package struct TokenScopes: Hashable, Sendable {
    /// `nil` is everything.
    package let surfaces: Set<TokenSurface>?
    /// Whether only what changes nothing may be called.
    package let isReadOnly: Bool

    package static let all = TokenScopes(surfaces: nil, isReadOnly: false)

    package init(surfaces: Set<TokenSurface>?, isReadOnly: Bool) {
        self.surfaces = surfaces
        self.isReadOnly = isReadOnly
    }

    /// Reads words such as `all`, `read-only` and `sql`.
    ///
    /// No word is `all`; `read-only` alone is for reading on every surface.
    ///
    /// - Throws: `.invalidInput` with the words that there are.
    package init(words: [String]) throws(TarnError) {
        var surfaces: Set<TokenSurface> = []
        var (isReadOnly, isForAll) = (false, false)
        for word in words {
            switch word {
            case "all": isForAll = true
            case "read-only": isReadOnly = true
            default:
                guard let surface = TokenSurface(rawValue: word) else {
                    throw TarnError(
                        .invalidInput,
                        "There is no scope '\(word)'.\(didYouMean(word, among: Self.words)) The scopes are: "
                            + "\(Self.words.joined(separator: ", ")).")
                }
                surfaces.insert(surface)
            }
        }
        self.init(surfaces: isForAll || surfaces.isEmpty ? nil : surfaces, isReadOnly: isReadOnly)
    }

    /// Every word that there is.
    package static let words = ["all", "read-only"] + TokenSurface.allCases.map(\.rawValue).sorted()

    /// In a fixed order.
    package var words: [String] {
        (surfaces.map { $0.map(\.rawValue).sorted() } ?? ["all"]) + (isReadOnly ? ["read-only"] : [])
    }

    /// Refuses what the token is not for.
    ///
    /// - Parameters:
    ///   - surface: Of the route; `nil` is for every token.
    ///   - isReading: Whether the route changes nothing.
    /// - Throws: `.permissionDenied` naming the scope that is missing.
    package func require(_ surface: TokenSurface?, isReading: Bool) throws(TarnError) {
        if let surface, let surfaces, !surfaces.contains(surface) {
            throw TarnError(
                .permissionDenied,
                "The token's scopes (\(words.joined(separator: ", "))) do not include \(surface.rawValue).")
        }
        if isReadOnly, !isReading {
            throw TarnError(.permissionDenied, "The token is for reading only (scope read-only).")
        }
    }
}
