package import Catalog

/// What is said about objects of the catalog whatever their kind, and about those that are no tables.
package enum ObjectStatement: Sendable {
    case createFunction(CreateFunctionStatement)
    case create(CreateObjectStatement)
    /// Not for tables, schemas and catalogs: `DropStatement` is for these.
    case drop(SecurableKind, ObjectName, ifExists: Bool, force: Bool)
    case show(SecurableKind, scope: ObjectName?, pattern: String?)
    case describe(SecurableKind, ObjectName)
    /// `nil` takes the comment away.
    case comment(SecurableKind, ObjectName, String?)
    case rename(SecurableKind, ObjectName, to: ObjectName)
    /// `nil` takes a property away.
    case properties(SecurableKind, ObjectName, [(String, String?)])
    case tags(TagStatement)
    case showTags(SecurableKind, ObjectName)
    case alterLocation(ObjectName, url: String?, credential: ObjectName?, force: Bool)
}

/// `CREATE [EXTERNAL] VOLUME`, `CREATE MODEL`, `CREATE EXTERNAL LOCATION`.
package struct CreateObjectStatement: Sendable {
    package var kind: SecurableKind
    package var name: ObjectName
    package var ifNotExists = false
    /// Of an external volume or location.
    package var location: String?
    package var credential: ObjectName?
    package var comment: String?
}
