package import Base

/// A value of a column, the same in every store.
package enum MetastoreValue: Hashable, Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])
}

/// What can be given for a `?`.
package protocol MetastoreArgument {
    var metastoreValue: MetastoreValue { get }
}

extension MetastoreValue: MetastoreArgument {
    package var metastoreValue: MetastoreValue { self }
}
extension String: MetastoreArgument {
    package var metastoreValue: MetastoreValue { .text(self) }
}
extension Int64: MetastoreArgument {
    package var metastoreValue: MetastoreValue { .integer(self) }
}
extension Int: MetastoreArgument {
    package var metastoreValue: MetastoreValue { .integer(Int64(self)) }
}
/// Kept as 0 and 1.
extension Bool: MetastoreArgument {
    package var metastoreValue: MetastoreValue { .integer(self ? 1 : 0) }
}
extension Double: MetastoreArgument {
    package var metastoreValue: MetastoreValue { .real(self) }
}
extension [UInt8]: MetastoreArgument {
    package var metastoreValue: MetastoreValue { .blob(self) }
}
extension Optional: MetastoreArgument where Wrapped: MetastoreArgument {
    package var metastoreValue: MetastoreValue { self?.metastoreValue ?? .null }
}

/// What a column can be read as.
package protocol MetastoreColumn {
    /// `nil` if the value is of another kind.
    init?(metastoreValue: MetastoreValue)
}

extension String: MetastoreColumn {
    package init?(metastoreValue: MetastoreValue) {
        guard case .text(let text) = metastoreValue else { return nil }
        self = text
    }
}
extension Int64: MetastoreColumn {
    package init?(metastoreValue: MetastoreValue) {
        guard case .integer(let number) = metastoreValue else { return nil }
        self = number
    }
}
extension Int: MetastoreColumn {
    package init?(metastoreValue: MetastoreValue) {
        guard case .integer(let number) = metastoreValue else { return nil }
        self.init(exactly: number)
    }
}
extension Bool: MetastoreColumn {
    package init?(metastoreValue: MetastoreValue) {
        guard case .integer(let number) = metastoreValue else { return nil }
        self = number != 0
    }
}
extension Double: MetastoreColumn {
    package init?(metastoreValue: MetastoreValue) {
        switch metastoreValue {
        case .real(let number): self = number
        case .integer(let number): self = Double(number)
        default: return nil
        }
    }
}
extension [UInt8]: MetastoreColumn {
    package init?(metastoreValue: MetastoreValue) {
        guard case .blob(let bytes) = metastoreValue else { return nil }
        self = bytes
    }
}
extension Optional: MetastoreColumn where Wrapped: MetastoreColumn {
    package init?(metastoreValue: MetastoreValue) {
        if metastoreValue == .null {
            self = .none
        } else {
            guard let value = Wrapped(metastoreValue: metastoreValue) else { return nil }
            self = .some(value)
        }
    }
}

/// One row of an answer.
///
/// ```swift
/// let entry = try CatalogEntry(id: row("id"), name: row("name"), comment: row("comment"))
/// ```
package struct MetastoreRow: Sendable {
    /// Shared by the rows of one answer.
    let places: MetastoreColumnNames
    package let values: [MetastoreValue]

    init(places: MetastoreColumnNames, values: [MetastoreValue]) {
        self.places = places
        self.values = values
    }

    /// The value of a column, as the type that the place of the call asks for.
    ///
    /// - Throws: `.corruptMetadata` when there is no such column, or when it holds something else.
    package func callAsFunction<T: MetastoreColumn>(_ name: String) throws(TarnError) -> T {
        guard let place = places.place(of: name), let value = T(metastoreValue: values[place]) else {
            throw Self.damaged(name)
        }
        return value
    }

    /// The value of a column by its place in the SELECT.
    package func callAsFunction<T: MetastoreColumn>(_ place: Int) throws(TarnError) -> T {
        guard values.indices.contains(place), let value = T(metastoreValue: values[place]) else {
            throw Self.damaged("\(place)")
        }
        return value
    }

    private static func damaged(_ column: String) -> TarnError {
        TarnError(
            .corruptMetadata,
            "An entry of the metastore is damaged (\(column)). Restore the metastore from a backup.")
    }
}

/// The names of an answer's columns; a handful, so that comparing beats hashing.
final class MetastoreColumnNames: Sendable {
    let names: [String]

    init(_ names: [String]) { self.names = names }

    func place(of name: String) -> Int? { names.firstIndex(of: name) }
}
