package import Base
package import Catalog
import Metastore
import Synchronization

/// Who may read which features: whoever may SELECT all of the tables that they come from.
///
/// Online rows are copies that know no principal, so where a row filter or a column mask is on a source, nobody but the
/// local owner is served from it.
final class OnlineAccess: Sendable {
    private struct Question: Hashable {
        let principal: Principal
        let tables: [String]
    }
    private struct State {
        var changes: MetastoreChangeToken?
        /// What was allowed while nothing was written to the metastore.
        var allowed: Set<Question> = []
    }
    private let state = Mutex(State())
    private let metastore: Metastore
    private let catalog: CatalogService
    private static let capacity = 10_000

    init(_ metastore: Metastore, _ catalog: CatalogService) {
        self.metastore = metastore
        self.catalog = catalog
    }

    /// - Throws: `.notFound` in the words of a feature that does not exist if he may not even see a table,
    ///   `.permissionDenied` if he sees it only, or if it has a policy.
    func require(_ tables: [String], for principal: Principal) async throws(TarnError) {
        let changes = try await metastore.changeToken()
        let question = Question(principal: principal, tables: tables)
        if state.withLock({ $0.changes == changes && $0.allowed.contains(question) }) { return }
        let catalog = catalog.acting(as: principal)
        for table in tables {
            let entry: TableEntry
            do { entry = try await catalog.table(try QualifiedName(table), requiring: .select) } catch
                where error.code == .notFound
            {
                throw Self.unknown
            }
            if try await catalog.mayHavePolicies(entry) {
                throw TarnError(
                    .permissionDenied,
                    "The features come from \(entry.name), which has row filters or column masks; online rows cannot "
                        + "be told apart by who asks. Ask with SQL.",
                    context: [("table", entry.name.description)])
            }
        }
        state.withLock { state in
            if state.changes != changes || state.allowed.count >= Self.capacity { state.allowed = [] }
            state.changes = changes
            state.allowed.insert(question)
        }
    }

    /// What those hear who ask for features that do not exist, or whose tables they may not see.
    static let unknown = TarnError(
        .notFound, "One of the features or services in the request does not exist. Check its name.")
}

extension FeatureStoreService {
    /// Answers an online request for somebody.
    ///
    /// - Parameters:
    ///   - body: As `OnlineServing.getOnlineFeatures` takes it.
    ///   - principal: Who asks; he needs SELECT on the tables that the features come from.
    /// - Returns: The answer's JSON.
    /// - Throws: As `OnlineServing.getOnlineFeatures`; `.permissionDenied`.
    package func onlineFeatures(
        _ body: [UInt8], for principal: Principal
    ) async throws(TarnError) -> [UInt8] {
        if !principal.isSystem {
            let tables: [String]
            // Near names would tell of features that are not for him.
            do { tables = try serving.sourceTables(of: body) } catch  where error.code == .notFound {
                throw OnlineAccess.unknown
            }
            try await onlineAccess.require(tables, for: principal)
        }
        return try serving.getOnlineFeatures(body)
    }
}

extension OnlineServing {
    /// The tables that the features of a request come from, each once.
    ///
    /// - Throws: As `getOnlineFeatures` for what is wrong with the features asked for.
    fileprivate func sourceTables(of request: [UInt8]) throws(TarnError) -> [String] {
        var result: Result<[String], TarnError> = .success([])
        request.withUnsafeBufferPointer { body in
            do throws(TarnError) { result = .success(try servingPlan(body).sourceTables) } catch {
                result = .failure(error)
            }
        }
        return try result.get()
    }
}
