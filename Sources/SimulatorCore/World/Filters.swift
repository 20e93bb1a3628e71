extension World {
    /// Whether a message passes a `MessagesFilter`.
    func matches(_ content: Content, filter: String) -> Bool {
        let document = content.media?.file.flatMap { files[$0]?.document?.kind }
        switch (filter, content.media) {
        case ("inputMessagesFilterEmpty", _): return true
        case ("inputMessagesFilterPhotos", .photo), ("inputMessagesFilterPhotoVideo", .photo): return true
        case ("inputMessagesFilterUrl", .webPage): return true
        case ("inputMessagesFilterGeo", .place), ("inputMessagesFilterContacts", .contact): return true
        case ("inputMessagesFilterPinned", _): return false
        case ("inputMessagesFilterDocument", .document): return document == .plain
        case (_, .document):
            switch (filter, document) {
            case ("inputMessagesFilterVideo", .video), ("inputMessagesFilterPhotoVideo", .video), ("inputMessagesFilterGif", .animation),
                ("inputMessagesFilterMusic", .audio), ("inputMessagesFilterVoice", .voice), ("inputMessagesFilterRoundVideo", .roundVideo),
                ("inputMessagesFilterRoundVoice", .voice), ("inputMessagesFilterRoundVoice", .roundVideo):
                return true
            default: return false
            }
        default: return false
        }
    }
}
