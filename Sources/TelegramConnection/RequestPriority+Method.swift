import MTProto

extension RequestPriority {
    /// What a method's calls are for. What keeps the record whole goes first; pages of history and files come last.
    public init(method: String) {
        switch method {
        case "messages.getPeerDialogs": self = .updates
        case "messages.getHistory", "messages.search", "messages.getReplies", "upload.getFile", "upload.getCdnFile": self = .history
        default: self = method.hasPrefix("updates.") ? .updates : .normal
        }
    }
}
