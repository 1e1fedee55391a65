package import Base

extension CatalogService {
    /// The tags of an object, or of one of its columns, by key.
    package func tags(
        of object: SecurableReference, column: String? = nil
    ) async throws(TarnError) -> [CatalogTag] {
        try await read { rows in
            let found = try rows.securable(object)
            let key = try column.map { try rows.columnKey(of: $0, in: found) } ?? ""
            return try rows.tags(of: found.id, columnKey: key, column: column)
        }
    }

    /// The tags of an object and of all columns that its table has now: those of the object first.
    ///
    /// Tags of dropped columns are kept, since older versions still show these columns; they are not listed.
    package func allTags(of object: SecurableReference) async throws(TarnError) -> [CatalogTag] {
        try await read { try $0.allTags(of: $0.securable(object)) }
    }

    /// Sets tags; those that are there get the new value, others stay.
    ///
    /// - Parameters:
    ///   - tags: Values by key. `system.certification_status` may be set too.
    ///   - object: The principal needs APPLY TAG on it, or has to manage it.
    ///   - column: A column of a table, in any case; `nil` for the object itself.
    /// - Throws: `.notFound`, `.permissionDenied`, `.invalidInput` for keys and values that cannot be, and
    ///   `.resourceExhausted` beyond 50 tags on an object or 1,000 on the columns of a table.
    package func setTags(
        _ tags: [String: String], on object: SecurableReference, column: String? = nil
    ) async throws(TarnError) {
        for (key, value) in tags { try CatalogTag.check(key: key, value: value) }
        let now = time.nowMicroseconds()
        try await write { rows in
            let found = try rows.securable(object)
            try rows.requireTagging(found)
            let columnKey = try column.map { try rows.columnKey(of: $0, in: found) } ?? ""
            for (key, value) in tags.sorted(by: { $0.key < $1.key }) {
                try rows.setTag(key, value, on: found.id, columnKey: columnKey, at: now)
            }
            try rows.refuseTooManyTags(on: found, columns: column != nil)
            try rows.index(found)
        }
    }

    /// Takes tags away.
    ///
    /// - Parameters:
    ///   - keys: Of the tags.
    ///   - object: As for `setTags`.
    ///   - column: As for `setTags`.
    ///   - ifExists: Whether a tag that is not there is no error.
    /// - Throws: `.notFound` for the object, the column, or a tag.
    package func unsetTags(
        _ keys: [String], on object: SecurableReference, column: String? = nil, ifExists: Bool = false
    ) async throws(TarnError) {
        try await write { rows in
            let found = try rows.securable(object)
            try rows.requireTagging(found)
            let columnKey = try column.map { try rows.columnKey(of: $0, in: found) } ?? ""
            for key in keys {
                let isThere = try rows.unsetTag(key, on: found.id, columnKey: columnKey)
                if !isThere && !ifExists {
                    let known = try rows.tags(of: found.id, columnKey: columnKey, column: column).map(\.key)
                    throw TarnError(
                        .notFound, "There is no tag \(key) on \(object).\(didYouMean(key, among: known))")
                }
            }
            try rows.index(found)
        }
    }

    /// Marks an object as certified or deprecated; `nil` takes the mark away.
    package func mark(
        _ object: SecurableReference, as certification: Certification?
    ) async throws(TarnError) {
        if let certification {
            try await setTags([CatalogTag.certificationKey: certification.rawValue], on: object)
        } else {
            try await unsetTags([CatalogTag.certificationKey], on: object, ifExists: true)
        }
    }
}
