import Base

/// A word, with a value if it has one, on an object or on a column of a table.
package struct CatalogTag: Hashable, Sendable {
    /// The column's present name; `nil` for the object itself.
    package let column: String?
    package let key: String
    /// Empty if the tag is its key alone.
    package let value: String
    package let createdBy: String?
    package let createdMicroseconds: Int64

    /// At most so many on one object, and on all columns of one table.
    package static let limit = 50
    package static let columnLimit = 1000
    static let longestKey = 256
    static let longestValue = 1000

    /// The tag that says whether people should rely on an object.
    package static let certificationKey = "system.certification_status"

    static func check(key: String, value: String) throws(TarnError) {
        if key == certificationKey {
            if Certification(rawValue: value) == nil {
                throw TarnError(
                    .invalidInput, "The tag \(certificationKey) is certified or deprecated, nothing else.")
            }
            return
        }
        if key.isEmpty || key.unicodeScalars.count > longestKey {
            throw TarnError(.invalidInput, "The key of a tag has 1 to \(longestKey) characters.")
        }
        if let scalar = (key + value).unicodeScalars.first(where: {
            $0.properties.generalCategory == .control
        }) {
            let code = String(scalar.value, radix: 16, uppercase: true)
            throw TarnError(.invalidInput, "A tag must not hold the control character U+\(code).")
        }
        if let sign = key.first(where: { ".,-=/:".contains($0) }) {
            throw TarnError(.invalidInput, "The tag key \"\(key)\" must not hold \"\(sign)\".")
        }
        if key.first == " " || key.last == " " {
            throw TarnError(.invalidInput, "The tag key \"\(key)\" must not begin or end with a space.")
        }
        if value.unicodeScalars.count > longestValue {
            throw TarnError(.invalidInput, "The value of a tag has at most \(longestValue) characters.")
        }
    }
}

/// Whether people should rely on an object; kept as the tag `system.certification_status`.
package enum Certification: String, Hashable, Sendable, CaseIterable {
    case certified, deprecated
}
