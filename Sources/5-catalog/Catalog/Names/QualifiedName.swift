package import Base

/// The full name of a table: catalog, schema, name.
///
/// ```swift
/// try QualifiedName("orders")               // main.default.orders
/// try QualifiedName("sales.orders")         // main.sales.orders
/// try QualifiedName("c.\"My Schema\".t")    // a quoted part may hold spaces
/// ```
///
/// Case is kept, but does not tell names apart; comparing two values of this type is exact.
package struct QualifiedName: Hashable, Sendable, CustomStringConvertible {
    package var catalog: String
    package var schema: String
    package var name: String

    package static let defaultCatalog = "main"
    package static let defaultSchema = "default"

    package init(catalog: String = defaultCatalog, schema: String = defaultSchema, name: String) {
        self.catalog = catalog
        self.schema = schema
        self.name = name
    }

    /// Reads a name of one to three parts, each plain or in double quotes or backticks (doubled inside).
    ///
    /// - Parameters:
    ///   - text: As a person writes it.
    ///   - catalog: Stands for a catalog that is not given.
    ///   - schema: Stands for a schema that is not given.
    /// - Throws: `.invalidInput` for more parts, empty parts and open quotes.
    package init(
        _ text: String, catalog: String = defaultCatalog, schema: String = defaultSchema
    ) throws(TarnError) {
        let parts = try Self.parts(of: text)
        switch parts.count {
        case 1: self.init(catalog: catalog, schema: schema, name: parts[0])
        case 2: self.init(catalog: catalog, schema: parts[0], name: parts[1])
        case 3: self.init(catalog: parts[0], schema: parts[1], name: parts[2])
        default:
            throw TarnError(
                .invalidInput,
                "\"\(text)\" has \(parts.count) parts. Write name, schema.name or catalog.schema.name.")
        }
    }

    /// The parts between the dots that are not in quotes, without their quotes.
    package static func parts(of text: String) throws(TarnError) -> [String] {
        var parts: [String] = []
        var rest = text[...]
        while true {
            var part = ""
            if let quote = rest.first, quote == "\"" || quote == "`" {
                rest.removeFirst()
                var isClosed = false
                while let character = rest.popFirst() {
                    if character != quote {
                        part.append(character)
                    } else if rest.first == quote {
                        part.append(character)
                        rest.removeFirst()
                    } else {
                        isClosed = true
                        break
                    }
                }
                if !isClosed {
                    throw TarnError(.invalidInput, "The name \(text) has a quote that is not closed.")
                }
            } else {
                while let character = rest.first, character != "." {
                    part.append(character)
                    rest.removeFirst()
                }
            }
            if part.isEmpty {
                throw TarnError(.invalidInput, "\"\(text)\" is no name: a part of it is empty.")
            }
            parts.append(part)
            guard let separator = rest.popFirst() else { return parts }
            if separator != "." {
                throw TarnError(
                    .invalidInput, "The name \(text) goes on after a closing quote without a dot.")
            }
        }
    }

    /// As one writes it: parts that are not plain words in double quotes.
    package var description: String {
        [catalog, schema, name].map(Self.quotedIfNeeded).joined(separator: ".")
    }

    static func quotedIfNeeded(_ part: String) -> String {
        let isPlain =
            part.unicodeScalars.allSatisfy {
                $0.properties.isAlphabetic || $0 == "_" || ("0"..."9").contains($0)
            }
            && !part.isEmpty
        return isPlain ? part : "\"" + part.replacing("\"", with: "\"\"") + "\""
    }
}
