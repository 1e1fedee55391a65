import Base
import Foundation

/// Places as Unity Catalog's API writes them (`file:///data/a%20b`), and as the catalog keeps them (`/data/a b`).
enum StorageURL {
    /// What stands for itself in the path of a URL.
    private static let plain = CharacterSet(
        charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/!$&'()*+,;=:@")

    /// The URL of an absolute path; a URL stays as it is.
    static func text(_ location: String) -> String {
        guard location.hasPrefix("/") else { return location }
        return "file://" + (location.addingPercentEncoding(withAllowedCharacters: plain) ?? location)
    }

    /// A place for the catalog.
    ///
    /// - Parameter text: `file:///path`, `file:/path`, a path, or another URL.
    /// - Returns: The path of a file URL; anything else as it is, without slashes at its end.
    /// - Throws: `.invalidInput` for a file URL that names another machine or is not decodable.
    static func location(_ text: String) throws(TarnError) -> String {
        var location = text
        if text.hasPrefix("file:") {
            var path = text.dropFirst(5)
            if path.hasPrefix("//") {
                path = path.dropFirst(2)
                if path.hasPrefix("localhost/") { path = path.dropFirst(9) }
            }
            guard path.hasPrefix("/"), let decoded = path.removingPercentEncoding else {
                throw TarnError(
                    .invalidInput,
                    "\"\(text.prefix(200))\" is no file URL of this machine; write file:///path.")
            }
            location = decoded
        }
        while location.utf8.count > 1, location.hasSuffix("/") { location.removeLast() }
        return location
    }

    /// The path on this machine; `nil` for a place elsewhere.
    static func path(_ location: String) -> String? {
        if location.hasPrefix("file://") { return String(location.dropFirst(7)) }
        return location.hasPrefix("/") ? location : nil
    }
}
