import Base

/// A user, a group or a service principal as the metastore keeps it.
package struct PrincipalEntry: Hashable, Sendable {
    /// Given once, never changed, never used again.
    package let id: String
    package let kind: Principal.Kind
    /// Users, groups and service principals share their names; case is kept, but does not tell names apart.
    package let name: String
    package let displayName: String?
    /// What the identity provider calls it.
    package let externalID: String?
    /// Who is not active cannot do anything; his grants and what he owns stay as they are.
    package let isActive: Bool
    package let createdMicroseconds: Int64
    package let updatedMicroseconds: Int64

    /// Whether it is one of the two groups that every lakehouse has.
    package var isBuiltIn: Bool { [Principal.administrators, Principal.everybody].contains(id) }
}

/// What to change about a user, a group or a service principal; what is not set stays.
package struct PrincipalChanges: Hashable, Sendable {
    package var name: String?
    /// A value of `nil` removes it.
    package var displayName: String??
    package var externalID: String??
    package var isActive: Bool?

    package init(
        name: String? = nil, displayName: String?? = nil, externalID: String?? = nil, isActive: Bool? = nil
    ) {
        self.name = name
        self.displayName = displayName
        self.externalID = externalID
        self.isActive = isActive
    }
}

extension Principal.Kind: CustomStringConvertible {
    /// For messages.
    package var description: String { self == .servicePrincipal ? "service principal" : rawValue }
}

/// What a user, a group or a service principal may be called.
enum PrincipalName {
    /// - Throws: `.invalidInput` for an empty or long name and for control characters.
    static func check(_ name: String, of kind: Principal.Kind) throws(TarnError) {
        let count = name.unicodeScalars.count
        if !(1...NameRules.longestName).contains(count) {
            throw TarnError(
                .invalidInput,
                "The name of a \(kind) has 1 to \(NameRules.longestName) characters, not \(count).")
        }
        if name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            throw TarnError(.invalidInput, "The name of a \(kind) must not hold control characters.")
        }
        if name.first?.isWhitespace == true || name.last?.isWhitespace == true {
            throw TarnError(
                .invalidInput, "The name of a \(kind) must not begin or end with a blank. Leave it out.")
        }
    }
}
