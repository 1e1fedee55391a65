package import Base
import Foundation

/// What a catalog, a schema or a table may be called.
package enum NameRules {
    /// In Unicode scalars.
    package static let longestName = 255

    private static let reserved: [SecurableKind: Set<String>] = [
        // The query engine has these for itself.
        .catalog: ["system", "temp", "memory"],
        // Tarn's own tables, in every catalog.
        .schema: ["information_schema", "system"],
    ]

    /// Refuses a name that cannot be given.
    ///
    /// - Parameters:
    ///   - name: As the caller wrote it.
    ///   - kind: What is to be called so.
    /// - Throws: `.invalidInput` saying which rule it breaks.
    package static func check(_ name: String, of kind: SecurableKind) throws(TarnError) {
        let count = name.unicodeScalars.count
        if count == 0 { throw TarnError(.invalidInput, "A \(kind) needs a name.") }
        if count > longestName {
            throw TarnError(
                .invalidInput,
                "The \(kind) name \"\(name.unicodeScalars.prefix(30))...\" has \(count) characters; \(longestName) are allowed."
            )
        }
        for scalar in name.unicodeScalars {
            if scalar.properties.generalCategory == .control {
                let code = String(scalar.value, radix: 16, uppercase: true)
                throw TarnError(
                    .invalidInput,
                    "A \(kind) name must not hold the control character U+\(code). Leave it out.")
            }
            if scalar == "." || scalar == "/" || scalar == "\\" {
                throw TarnError(
                    .invalidInput,
                    "The \(kind) name \"\(name)\" must not hold \"\(scalar)\". Use \"_\" in its place.")
            }
        }
        if reserved[kind]?.contains(key(of: name)) == true {
            throw TarnError(.invalidInput, "The \(kind) name \"\(name)\" is reserved. Choose another.")
        }
    }

    /// What tells names apart: the name composed and in lower case, whatever the language.
    package static func key(of name: String) -> String {
        name.precomposedStringWithCanonicalMapping.lowercased().precomposedStringWithCanonicalMapping
    }
}
