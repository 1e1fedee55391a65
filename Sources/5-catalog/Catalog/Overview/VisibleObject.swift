internal import Base

/// An object of the catalog as a list of everything shows it.
package struct VisibleObject: Sendable {
    package let securable: Securable
    /// Its full name, from the catalog down; empty for the metastore.
    package let parts: [String]
    package let ownerName: String
    /// Whether the principal who asks owns it, or may manage it.
    package let canManage: Bool
    /// What the principal who asks may do with it.
    package let privileges: PrivilegeSet

    /// As one writes it.
    package var fullName: String { parts.map(QualifiedName.quotedIfNeeded).joined(separator: ".") }

    /// What `Securable.detail` holds under a name.
    package func detail(_ name: String) -> String? { (try? JSONValue.parse(securable.detail))?[name]?.string }
}
