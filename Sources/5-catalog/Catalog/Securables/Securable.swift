/// What all kinds of objects in the catalog have in common: one row of `catalog_securables`.
package struct Securable: Hashable, Sendable {
    /// Given once, never changed, never used again.
    package var id: String
    package var kind: SecurableKind
    /// `nil` for the metastore only.
    package var parentID: String?
    package var name: String
    /// The id of a principal; `nil` stands for the administrators.
    package var ownerID: String?
    package var comment: String?
    package var properties: [String: String]
    /// Where its files are, if it has any and if they are not found by its id in the warehouse.
    package var location: String?
    /// What only its kind has, as a JSON object.
    package var detail: String
    package var createdMicroseconds: Int64
    /// The name of the principal at that time.
    package var createdBy: String?
    package var updatedMicroseconds: Int64
    package var updatedBy: String?

    /// What tells its name from its siblings'.
    package var nameKey: String { NameRules.key(of: name) }
}
