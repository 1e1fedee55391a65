package import Base
import Metastore

extension CatalogService {
    /// Refuses a place that is not for the principal: one outside of all external locations that he may use so, and one
    /// that is, holds or lies in an object's own place, for which that object has to be asked.
    ///
    /// - Parameters:
    ///   - location: An absolute path or a URL.
    ///   - needed: On the external location.
    /// - Throws: `.permissionDenied`, without telling whose place it is.
    package func requirePath(_ location: String, for needed: PrivilegeSet) async throws(TarnError) {
        if principal.isSystem { return }
        try await read { rows in
            try rows.requireLocation(location, for: needed)
            try rows.refuseOwnPlace(location)
        }
    }
}

extension CatalogRows {
    /// Refuses a place that is, holds or lies in an object's own; the local owner may name it again.
    func refuseOwnPlace(_ location: String) throws {
        if try !principal.isSystem && isOwnPlace(location) {
            throw TarnError(
                .permissionDenied,
                "The place belongs to an object of the catalog. Use that object, by its name.")
        }
    }

    /// Whether a table, volume or model lies at, in or around a place, or the place in the warehouse.
    func isOwnPlace(_ location: String) throws -> Bool {
        var place = location[...]
        if place.hasPrefix("file://") { place = place.dropFirst(7) }
        while place.utf8.count > 1, place.hasSuffix("/") { place = place.dropLast() }
        let own = warehouse.hasPrefix("file://") ? String(warehouse.dropFirst(7)) : warehouse
        if place == own || place.hasPrefix(own + "/") || own.hasPrefix(place + "/") { return true }
        let kinds = "kind IN ('table', 'volume', 'registered_model')"
        var above = place
        while !above.isEmpty {
            let found = try db.row(
                "SELECT 1 FROM catalog_securables WHERE location IN (?, ?) AND \(kinds) LIMIT 1",
                [String(above), "file://" + above])
            if found != nil { return true }
            guard let slash = above.lastIndex(of: "/") else { break }
            above = above[..<slash]
        }
        // What begins with the place and a slash lies between it with a slash and it with the sign after the slash.
        for start in [String(place), "file://" + place] {
            let found = try db.row(
                "SELECT 1 FROM catalog_securables WHERE location >= ? AND location < ? AND \(kinds) LIMIT 1",
                [start + "/", start + "0"])
            if found != nil { return true }
        }
        return false
    }
}
