import Glibc

/// The place of an object below a store's root: parts joined by "/".
///
/// ```swift
/// let log = try StorePath("sales/orders").appending("_delta_log")
/// log.text    // "sales/orders/_delta_log"
/// log.name    // "_delta_log"
/// ```
///
/// Bytes decide: two names that only look alike (`é` as one or as two code points) are two paths, as they are on disk.
/// Nothing is decoded or escaped; spaces, `%`, `=` and every other character but "/" and NUL stand for themselves.
package struct StorePath: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The parts joined by "/", with neither a leading nor a trailing one; empty for the root.
    package let text: String

    /// The folder that holds everything.
    package static let root = StorePath(checked: "")

    /// Reads a relative path.
    ///
    /// - Throws: `.invalidPath` for an absolute path and for a part that is empty, ".", ".." or holds a NUL. The empty
    ///   text is the root.
    package init(_ text: String) throws(StorageError) {
        guard Self.isValid(text) else { throw .invalidPath(text) }
        self.text = text
    }

    private init(checked text: String) { self.text = text }

    /// The path with a name added that the file system gave, which is a valid part by nature.
    func appending(nameOnDisk name: String) -> StorePath {
        StorePath(checked: isRoot ? name : text + "/" + name)
    }

    package var isRoot: Bool { text.isEmpty }

    package var parts: [Substring] { text.utf8.split(separator: UInt8(ascii: "/")).map(Substring.init) }

    /// The last part; empty for the root.
    package var name: String {
        guard let slash = text.utf8.lastIndex(of: UInt8(ascii: "/")) else { return text }
        return String(text[text.utf8.index(after: slash)...])
    }

    /// The folder that holds this object; the root's is the root.
    package var parent: StorePath {
        guard let slash = text.utf8.lastIndex(of: UInt8(ascii: "/")) else { return .root }
        return StorePath(checked: String(text[..<slash]))
    }

    /// The path with one or more parts added.
    package func appending(_ more: String) throws(StorageError) -> StorePath {
        appending(try StorePath(more))
    }

    package func appending(_ more: StorePath) -> StorePath {
        if isRoot { return more }
        if more.isRoot { return self }
        return StorePath(checked: text + "/" + more.text)
    }

    /// Whether this path lies below `folder`, at any depth.
    package func isBelow(_ folder: StorePath) -> Bool {
        if folder.isRoot { return !isRoot }
        return text.utf8.count > folder.text.utf8.count + 1
            && text.utf8.starts(with: folder.text.utf8)
            && text.utf8.dropFirst(folder.text.utf8.count).first == UInt8(ascii: "/")
    }

    package var description: String { text.isEmpty ? "/" : text }

    package static func == (a: StorePath, b: StorePath) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }

    /// The order of the UTF-8 bytes, which is that of listings.
    package static func < (a: StorePath, b: StorePath) -> Bool {
        let fast = a.text.utf8.withContiguousStorageIfAvailable { left in
            b.text.utf8.withContiguousStorageIfAvailable { right -> Bool in
                guard let x = left.baseAddress, let y = right.baseAddress else {
                    return left.count < right.count
                }
                let result = memcmp(x, y, min(left.count, right.count))
                return result == 0 ? left.count < right.count : result < 0
            }
        }
        return (fast ?? nil) ?? a.text.utf8.lexicographicallyPrecedes(b.text.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }

    private static func isValid(_ text: String) -> Bool {
        if text.isEmpty { return true }
        if text.utf8.contains(0) { return false }
        return text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy {
            !$0.isEmpty && !$0.elementsEqual(".".utf8) && !$0.elementsEqual("..".utf8)
        }
    }
}

extension StorePath: ExpressibleByStringLiteral {
    /// A path written in the program itself.
    ///
    /// - Precondition: The literal is a valid path.
    package init(stringLiteral text: String) {
        precondition(Self.isValid(text), "not a valid store path: \(text)")
        self.text = text
    }
}
