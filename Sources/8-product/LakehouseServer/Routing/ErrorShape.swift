import Base
import HTTPTypes

/// How a protocol writes its errors; the one place that maps `TarnError.Code` to a status for each.
enum ErrorShape: Sendable, CaseIterable {
    /// Tarn's own routes: `{"error": {"code": "NOT_FOUND", "message": "..."}}`.
    case plain
    /// Feast's: `{"detail": "..."}`.
    case feast
    /// Databricks': `{"error_code": "...", "message": "..."}`.
    case databricks
    /// Unity Catalog's: `{"error_code": "TABLE_NOT_FOUND", "message": "...", "details": [...]}`.
    case unity
    /// That of Unity Catalog's Delta API: `{"error": {"message": "...", "type": "...", "code": 404}}`.
    case unityDelta
    /// SCIM's (RFC 7644, section 3.12).
    case scim
    /// OAuth's (RFC 6749, section 5.2): `{"error": "invalid_client", "error_description": "..."}`.
    case oauth

    func response(for error: TarnError) -> ServerResponse {
        if self == .unity || self == .unityDelta { return unityResponse(for: error) }
        return response(
            status: status(for: error.code), code: code(for: error.code), message: message(for: error))
    }

    func response(status: HTTPResponse.Status, code: String, message: String) -> ServerResponse {
        let body: JSONValue =
            switch self {
            case .plain: .object(["error": .object(["code": .string(code), "message": .string(message)])])
            case .feast: .object(["detail": .string(message)])
            case .databricks: .object(["error_code": .string(code), "message": .string(message)])
            case .unity: UnityError.body(code, message)
            case .unityDelta: UnityError.deltaBody(UnityError.deltaType(ofCode: code), message, status)
            case .scim: ScimResource.error(status, Self.scimType(code), message)
            case .oauth:
                .object(["error": .string(Self.oauthCode(code)), "error_description": .string(message)])
            }
        return self == .scim ? ScimResource.response(body, status: status) : .json(body, status: status)
    }

    private func unityResponse(for error: TarnError) -> ServerResponse {
        let words = UnityError(error)
        let text = message(for: error)
        if self == .unity { return .json(UnityError.body(words.code, text), status: words.status) }
        return .json(
            UnityError.deltaBody(words.deltaType, text, words.deltaStatus), status: words.deltaStatus)
    }

    func status(for code: TarnError.Code) -> HTTPResponse.Status {
        switch code {
        case .notFound: .notFound
        case .alreadyExists, .conflict: .conflict
        case .failedPrecondition: self == .databricks ? .badRequest : .conflict
        case .unauthenticated: .unauthorized
        case .permissionDenied: .forbidden
        case .invalidInput, .schemaMismatch, .constraintViolation, .unsupported: .badRequest
        case .resourceExhausted: .tooManyRequests
        case .cancelled, .storage: .serviceUnavailable
        // What a table's files hold is no mistake of the caller, and nothing that another try would change.
        default: .internalServerError
        }
    }

    private static func scimType(_ code: String) -> String? {
        switch code {
        case TarnError.Code.invalidInput.rawValue: "invalidValue"
        case TarnError.Code.alreadyExists.rawValue: "uniqueness"
        case TarnError.Code.failedPrecondition.rawValue: "mutability"
        default: nil
        }
    }

    private static func oauthCode(_ code: String) -> String {
        switch code {
        case TarnError.Code.unauthenticated.rawValue: "invalid_client"
        case TarnError.Code.unsupported.rawValue: "unsupported_grant_type"
        default: "invalid_request"
        }
    }

    /// The code in the protocol's own words.
    func code(for code: TarnError.Code) -> String {
        guard self == .databricks else { return code.rawValue }
        return switch code {
        case .invalidInput, .schemaMismatch, .constraintViolation: "BAD_REQUEST"
        case .notFound: "NOT_FOUND"
        case .alreadyExists: "ALREADY_EXISTS"
        case .unauthenticated: "UNAUTHENTICATED"
        case .permissionDenied: "PERMISSION_DENIED"
        case .conflict: "ABORTED"
        case .failedPrecondition: "INVALID_STATE"
        case .unsupported: "NOT_IMPLEMENTED"
        case .resourceExhausted: "RESOURCE_EXHAUSTED"
        case .cancelled: "CANCELLED"
        case .storage: "IO_ERROR"
        case .corruptMetadata: "DATA_LOSS"
        default: "INTERNAL_ERROR"
        }
    }

    /// Mistakes of Tarn's own keep their details for the log.
    private func message(for error: TarnError) -> String {
        error.code == .internal
            ? "An internal error occurred; the server's log has the details." : error.message
    }
}
