import Base

/// Places of files as the catalog keeps them: an absolute path of this machine, or a URL, without a slash at the end.
///
/// `file:///data` and `/data`, `s3a://b/p` and `s3://b/p` are the same place.
enum StorageLocation {
    /// - Parameters:
    ///   - text: As a person wrote it.
    ///   - what: Whose place it is, for errors: `an external location`.
    /// - Returns: The place in the catalog's own spelling.
    /// - Throws: `.invalidInput` for a relative path, an empty one, and one with `.`, `..` or a NUL in it.
    static func checked(_ text: String, of what: String) throws(TarnError) -> String {
        var place = text
        if let scheme = text.firstRange(of: "://") {
            let name = text[..<scheme.lowerBound].lowercased()
            let isName = name.first?.isLetter == true && name.utf8.allSatisfy { $0 > 0x20 && $0 != 0x2F }
            if !isName {
                throw TarnError(.invalidInput, "The place of \(what) must be an absolute path or a URL.")
            }
            let shared = ["s3a": "s3", "s3n": "s3", "abfs": "abfss"][name] ?? name
            place = name == "file" ? String(text[scheme.upperBound...]) : shared + text[scheme.lowerBound...]
        }
        while place.utf8.count > 1 && place.hasSuffix("/") { place.removeLast() }
        let isURL = place.contains("://")
        if !isURL && !place.hasPrefix("/") {
            throw TarnError(.invalidInput, "The place of \(what) must be an absolute path or a URL.")
        }
        let path = isURL ? place.split(separator: "://", maxSplits: 1).last ?? "" : place[...]
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst(isURL ? 0 : 1)
        if place.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
            || parts.contains("..") || parts.contains(".") || (parts.contains("") && parts.count > 1)
        {
            throw TarnError(
                .invalidInput,
                "The place of \(what) must not hold control characters, or \".\", \"..\" or nothing between two slashes."
            )
        }
        if isURL && parts.first?.isEmpty ?? true {
            throw TarnError(.invalidInput, "The URL of \(what) names no host or bucket.")
        }
        return place
    }

    /// Whether one place lies in another or is the same.
    static func contains(_ outer: String, _ inner: String) -> Bool {
        inner == outer || inner.hasPrefix(outer == "/" ? "/" : outer + "/")
    }

    /// A place and all that it lies in, the innermost first: `/a/b`, `/a`; `s3://b/p`, `s3://b`.
    static func ancestors(_ place: String) -> [String] {
        let root = place.firstRange(of: "://")?.upperBound ?? place.startIndex
        var found: [String] = []
        var rest = place[...]
        while rest.endIndex > root {
            found.append(String(rest))
            guard let slash = rest[root...].lastIndex(of: "/") else { break }
            rest = rest[..<slash]
        }
        if !place.contains("://"), place != "/" { found.append("/") }
        return found
    }
}

extension CatalogRows {
    /// The objects of a kind whose place is this one or lies in it, up to `limit`.
    func securables(_ kind: SecurableKind, inside place: String, limit: Int) throws -> [Securable] {
        var found: [Securable] = []
        // Tables keep the spelling that they were made with.
        for spelling in place.hasPrefix("/") ? [place, "file://" + place] : [place] {
            found += try securables(kind, locatedIn: spelling, limit: limit - found.count)
        }
        return found
    }

    /// The objects of a kind whose place is this one, or that this one lies in.
    func securables(_ kind: SecurableKind, around place: String) throws -> [Securable] {
        try StorageLocation.ancestors(place).flatMap { outer in
            try (outer.hasPrefix("/") ? [outer, "file://" + outer] : [outer]).flatMap {
                try securables(kind, atLocation: $0)
            }
        }
    }

    /// Refuses a place that overlaps with another object's of a kind.
    func refuseOverlap(
        _ place: String, with kind: SecurableKind, of what: String, except id: String? = nil
    ) throws {
        let others = try securables(kind, around: place) + securables(kind, inside: place, limit: 2)
        guard let other = others.first(where: { $0.id != id }) else { return }
        let name = try sees(other) ? "\(kind) \(fullName(of: other))" : "another \(kind)"
        throw TarnError(
            .failedPrecondition, "The place of \(what) overlaps with that of \(name). Choose another one.")
    }

    /// Refuses a place for a table in a volume, whose files are no table's.
    func refuseVolume(at location: String) throws {
        let place = location.hasPrefix("file://") ? String(location.dropFirst(7)) : location
        guard let volume = try securables(.volume, around: place).first else { return }
        let name = try sees(volume) ? "volume \(fullName(of: volume))" : "a volume"
        throw TarnError(
            .failedPrecondition, "The location of the table lies in \(name). Choose another place.")
    }

    /// Refuses a place in Tarn's own folders.
    func refuseOwnFolders(_ place: String, of what: String) throws(TarnError) {
        for own in [warehouse, volumes, models]
        where StorageLocation.contains(own, place) || StorageLocation.contains(place, own) {
            throw TarnError(
                .invalidInput, "The place of \(what) must not overlap with the lakehouse's own folders.")
        }
    }
}
