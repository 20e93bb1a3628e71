// Made by `tl-import projections` from Projections.list; do not edit.
// swift-format-ignore-file

enum ProjectionTable {
    /// CRC-32 of Projections.list: a test compares it.
    static let listChecksum: UInt32 = 0x6928382f

    /// A constructor a line: number of its type, number of its case, name, then slot:field:type of what is read.
    static let text: StaticString = """
0 0 peerUser 0:user_id:long
0 1 peerChat 0:chat_id:long
0 2 peerChannel 0:channel_id:long
1 0 messageEmpty 0:id:int 1:peer_id:Peer
1 1 message 0:id:int 1:peer_id:Peer 2:from_id:Peer 3:fwd_from:MessageFwdHeader 4:via_bot_id:long 5:reply_to:MessageReplyHeader 6:date:int 7:message:string 8:media:MessageMedia 9:entities:Vector<MessageEntity> 10:views:int 11:forwards:int 12:edit_date:int 13:post_author:string 14:grouped_id:long 15:reactions:MessageReactions 16:ttl_period:int 17:out:true 18:mentioned:true 19:media_unread:true 20:silent:true 21:post:true 22:from_scheduled:true 23:legacy:true 24:edit_hide:true 25:pinned:true 26:noforwards:true 27:offline:true
1 2 messageService 0:id:int 1:peer_id:Peer 2:from_id:Peer 5:reply_to:MessageReplyHeader 6:date:int 28:action:MessageAction 15:reactions:MessageReactions 16:ttl_period:int 17:out:true 18:mentioned:true 19:media_unread:true 20:silent:true 21:post:true 23:legacy:true
2 0 messageEntityPre 0:offset:int 1:length:int 2:language:string
2 1 messageEntityTextUrl 0:offset:int 1:length:int 3:url:string
2 2 messageEntityMentionName 0:offset:int 1:length:int 4:user_id:long
2 3 messageEntityCustomEmoji 0:offset:int 1:length:int 5:document_id:long
2 4 messageEntityBlockquote 0:offset:int 1:length:int 6:collapsed:true
2 5 messageEntityFormattedDate 0:offset:int 1:length:int 7:date:int
2 6 inputMessageEntityMentionName 0:offset:int 1:length:int
2 7 messageEntityBankCard 0:offset:int 1:length:int
2 8 messageEntityBold 0:offset:int 1:length:int
2 9 messageEntityBotCommand 0:offset:int 1:length:int
2 10 messageEntityCashtag 0:offset:int 1:length:int
2 11 messageEntityCode 0:offset:int 1:length:int
2 12 messageEntityDiffDelete 0:offset:int 1:length:int
2 13 messageEntityDiffInsert 0:offset:int 1:length:int
2 14 messageEntityDiffReplace 0:offset:int 1:length:int
2 15 messageEntityEmail 0:offset:int 1:length:int
2 16 messageEntityHashtag 0:offset:int 1:length:int
2 17 messageEntityItalic 0:offset:int 1:length:int
2 18 messageEntityMention 0:offset:int 1:length:int
2 19 messageEntityPhone 0:offset:int 1:length:int
2 20 messageEntitySpoiler 0:offset:int 1:length:int
2 21 messageEntityStrike 0:offset:int 1:length:int
2 22 messageEntityUnderline 0:offset:int 1:length:int
2 23 messageEntityUnknown 0:offset:int 1:length:int
2 24 messageEntityUrl 0:offset:int 1:length:int
3 0 messageReplyHeader 0:reply_to_msg_id:int 1:reply_to_peer_id:Peer 2:reply_to_top_id:int 3:quote_text:string 4:quote_offset:int 5:forum_topic:true 6:quote:true 7:reply_to_scheduled:true
3 1 messageReplyStoryHeader 8:peer:Peer 9:story_id:int
4 0 messageFwdHeader 0:from_id:Peer 1:from_name:string 2:date:int 3:channel_post:int 4:post_author:string 5:saved_from_peer:Peer 6:saved_from_msg_id:int 7:saved_from_id:Peer 8:saved_from_name:string 9:saved_date:int 10:psa_type:string 11:imported:true 12:saved_out:true
5 0 messageReactions 0:results:Vector<ReactionCount> 1:min:true 2:can_see_list:true 3:reactions_as_tags:true
6 0 reactionCount 0:reaction:Reaction 1:count:int
7 0 reactionEmpty
7 1 reactionEmoji 0:emoticon:string
7 2 reactionCustomEmoji 0:document_id:long
7 3 reactionPaid
8 0 messageMediaEmpty
8 1 messageMediaPhoto 0:photo:Photo 1:ttl_seconds:int 2:spoiler:true
8 2 messageMediaDocument 0:document:Document 1:ttl_seconds:int 2:spoiler:true 3:video:true 4:round:true 5:voice:true 6:nopremium:true
8 3 messageMediaWebPage 0:webpage:WebPage
8 4 messageMediaPoll 0:poll:Poll 1:results:PollResults
8 5 messageMediaContact 0:first_name:string 1:last_name:string 2:user_id:long
8 6 messageMediaUnsupported
8 7 messageMediaGeo
8 8 messageMediaGeoLive
8 9 messageMediaVenue
8 10 messageMediaGame
8 11 messageMediaInvoice
8 12 messageMediaDice
8 13 messageMediaStory
8 14 messageMediaGiveaway
8 15 messageMediaGiveawayResults
8 16 messageMediaPaidMedia
8 17 messageMediaToDo
9 0 photoEmpty 0:id:long
9 1 photo 0:id:long 1:sizes:Vector<PhotoSize>
10 0 photoSizeEmpty 0:type:string
10 1 photoSize 0:type:string 1:w:int 2:h:int 3:size:int
10 2 photoCachedSize 0:type:string 1:w:int 2:h:int
10 3 photoStrippedSize 0:type:string
10 4 photoSizeProgressive 0:type:string 1:w:int 2:h:int 4:sizes:Vector<int>
10 5 photoPathSize 0:type:string
11 0 documentEmpty 0:id:long
11 1 document 0:id:long 1:mime_type:string 2:size:long 3:attributes:Vector<DocumentAttribute>
12 0 documentAttributeImageSize 0:w:int 1:h:int
12 1 documentAttributeAnimated
12 2 documentAttributeSticker 0:alt:string
12 3 documentAttributeVideo 0:duration:double 1:w:int 2:h:int 3:round_message:true
12 4 documentAttributeAudio 0:duration:int 1:title:string 2:performer:string 3:voice:true
12 5 documentAttributeFilename 0:file_name:string
12 6 documentAttributeHasStickers
12 7 documentAttributeCustomEmoji 0:alt:string
13 0 webPageEmpty 0:id:long 1:url:string
13 1 webPagePending 0:id:long 1:url:string 2:date:int
13 2 webPage 0:id:long 1:url:string 3:type:string 4:site_name:string 5:title:string 6:description:string 7:author:string
13 3 webPageNotModified
14 0 poll 0:id:long 1:question:TextWithEntities 2:answers:Vector<PollAnswer> 3:closed:true 4:public_voters:true 5:multiple_choice:true 6:quiz:true 7:close_period:int 8:close_date:int
15 0 pollAnswer 0:text:TextWithEntities 1:option:bytes
16 0 pollResults 0:results:Vector<PollAnswerVoters> 1:total_voters:int 2:min:true
17 0 pollAnswerVoters 0:option:bytes 1:voters:int 2:correct:true
18 0 textWithEntities 0:text:string
19 0 messageActionChatCreate 0:title:string
19 1 messageActionChatEditTitle 0:title:string
19 2 messageActionChannelCreate 0:title:string
19 3 messageActionChatMigrateTo 0:channel_id:long
19 4 messageActionChannelMigrateFrom 0:title:string 1:chat_id:long
19 5 messageActionTopicCreate 0:title:string
19 6 messageActionTopicEdit 0:title:string 1:closed:Bool 2:hidden:Bool
20 0 userEmpty 0:id:long
20 1 user 0:id:long 1:access_hash:long 2:first_name:string 3:last_name:string 4:username:string 5:usernames:Vector<Username> 6:phone:string 7:photo:UserProfilePhoto 8:status:UserStatus 9:lang_code:string 10:self:true 11:contact:true 12:mutual_contact:true 13:deleted:true 14:bot:true 15:verified:true 16:restricted:true 17:min:true 18:support:true 19:scam:true 20:fake:true 21:premium:true 22:apply_min_photo:true
21 0 username 0:username:string 1:editable:true 2:active:true
22 0 userProfilePhotoEmpty
22 1 userProfilePhoto 0:photo_id:long 1:dc_id:int 2:has_video:true
23 0 userStatusEmpty
23 1 userStatusOnline 0:expires:int
23 2 userStatusOffline 0:was_online:int
23 3 userStatusRecently
23 4 userStatusLastWeek
23 5 userStatusLastMonth
24 0 chatEmpty 0:id:long
24 1 chat 0:id:long 1:title:string 2:photo:ChatPhoto 3:participants_count:int 4:date:int 5:version:int 6:migrated_to:InputChannel 7:creator:true 8:left:true 9:deactivated:true 10:noforwards:true
24 2 chatForbidden 0:id:long 1:title:string
24 3 channel 0:id:long 11:access_hash:long 1:title:string 12:username:string 13:usernames:Vector<Username> 2:photo:ChatPhoto 4:date:int 3:participants_count:int 14:level:int 7:creator:true 8:left:true 15:broadcast:true 16:verified:true 17:megagroup:true 18:restricted:true 19:signatures:true 20:min:true 21:scam:true 22:fake:true 23:gigagroup:true 10:noforwards:true 24:forum:true 25:join_to_send:true 26:join_request:true 27:slowmode_enabled:true 28:has_link:true 29:monoforum:true 30:linked_monoforum_id:long
24 4 channelForbidden 0:id:long 11:access_hash:long 1:title:string 31:until_date:int 15:broadcast:true 17:megagroup:true
24 5 communityForbidden 0:id:long 11:access_hash:long 1:title:string
24 6 community 0:id:long 11:access_hash:long 1:title:string 2:photo:ChatPhoto 4:date:int 7:creator:true 8:left:true 20:min:true
25 0 chatPhotoEmpty
25 1 chatPhoto 0:photo_id:long 1:dc_id:int 2:has_video:true
26 0 inputChannelEmpty
26 1 inputChannel 0:channel_id:long 1:access_hash:long
27 0 dialog 0:peer:Peer 1:top_message:int 2:read_inbox_max_id:int 3:read_outbox_max_id:int 4:unread_count:int 5:pts:int 6:folder_id:int 7:ttl_period:int 8:pinned:true
27 1 dialogFolder 0:peer:Peer 1:top_message:int 8:pinned:true
28 0 forumTopicDeleted 0:id:int
28 1 forumTopic 0:id:int 1:date:int 2:title:string 3:icon_color:int 4:icon_emoji_id:long 5:top_message:int 6:from_id:Peer 7:closed:true 8:pinned:true 9:hidden:true 10:short:true
29 0 updatesTooLong
29 1 updateShortMessage 0:id:int 1:user_id:long 2:message:string 3:pts:int 4:pts_count:int 5:date:int 6:fwd_from:MessageFwdHeader 7:via_bot_id:long 8:reply_to:MessageReplyHeader 9:entities:Vector<MessageEntity> 10:ttl_period:int 11:out:true 12:mentioned:true 13:media_unread:true 14:silent:true
29 2 updateShortChatMessage 0:id:int 1:from_id:long 2:chat_id:long 3:message:string 4:pts:int 5:pts_count:int 6:date:int 7:fwd_from:MessageFwdHeader 8:via_bot_id:long 9:reply_to:MessageReplyHeader 10:entities:Vector<MessageEntity> 11:ttl_period:int 12:out:true 13:mentioned:true 14:media_unread:true 15:silent:true
29 3 updateShort 0:update:Update 1:date:int
29 4 updatesCombined 0:updates:Vector<Update> 1:users:Vector<User> 2:chats:Vector<Chat> 3:date:int 4:seq_start:int 5:seq:int
29 5 updates 0:updates:Vector<Update> 1:users:Vector<User> 2:chats:Vector<Chat> 3:date:int 4:seq:int
29 6 updateShortSentMessage 0:id:int 1:pts:int 2:pts_count:int 3:date:int 4:media:MessageMedia 5:entities:Vector<MessageEntity> 6:ttl_period:int 7:out:true
30 0 updateNewMessage 0:message:Message 1:pts:int 2:pts_count:int
30 1 updateEditMessage 0:message:Message 1:pts:int 2:pts_count:int
30 2 updateDeleteMessages 0:messages:Vector<int> 1:pts:int 2:pts_count:int
30 3 updateNewChannelMessage 0:message:Message 1:pts:int 2:pts_count:int
30 4 updateEditChannelMessage 0:message:Message 1:pts:int 2:pts_count:int
30 5 updateDeleteChannelMessages 0:channel_id:long 1:messages:Vector<int> 2:pts:int 3:pts_count:int
30 6 updateChannelTooLong 0:channel_id:long 1:pts:int
30 7 updateMessageID 0:id:int 1:random_id:long
30 8 updateMessageReactions 0:peer:Peer 1:msg_id:int 2:top_msg_id:int 3:reactions:MessageReactions
30 9 updateChannelMessageViews 0:channel_id:long 1:id:int 2:views:int
30 10 updateChannelMessageForwards 0:channel_id:long 1:id:int 2:forwards:int
30 11 updateMessagePoll 0:poll_id:long 1:results:PollResults
30 12 updatePinnedMessages 0:peer:Peer 1:messages:Vector<int> 2:pinned:true 3:pts:int 4:pts_count:int
30 13 updatePinnedChannelMessages 0:channel_id:long 1:messages:Vector<int> 2:pinned:true 3:pts:int 4:pts_count:int
30 14 updateChannel 0:channel_id:long
30 15 updateChat 0:chat_id:long
30 16 updateChannelAvailableMessages 0:channel_id:long 1:available_min_id:int
30 17 updateReadChannelInbox 0:channel_id:long 1:max_id:int 2:still_unread_count:int 3:pts:int
30 18 updateUserName 0:user_id:long 1:first_name:string 2:last_name:string 3:usernames:Vector<Username>
30 19 updateDcOptions 0:dc_options:Vector<DcOption>
30 20 updateConfig
30 21 updatePtsChanged
30 22 updateLoginToken
30 23 updateServiceNotification 0:type:string 1:message:string 2:popup:true 3:inbox_date:int
30 24 updateBotBusinessConnect 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
30 24 updateBotChatBoost 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
30 24 updateBotChatInviteRequester 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
30 24 updateBotDeleteBusinessMessage 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
30 24 updateBotEditBusinessMessage 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
30 24 updateBotGuestChatQuery 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
30 24 updateBotMessageReaction 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
30 24 updateBotMessageReactions 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
30 24 updateBotNewBusinessMessage 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
30 24 updateBotPurchasedPaidMedia 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
30 24 updateBotStarsSubscription 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
30 24 updateBotStopped 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
30 24 updateChannelParticipant 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
30 24 updateChannelWebPage 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
30 24 updateChatParticipant 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
30 24 updateFolderPeers 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
30 24 updateManagedBot 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
30 24 updateMessagePollVote 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
30 24 updateNewEncryptedMessage 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
30 24 updateReadHistoryInbox 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
30 24 updateReadHistoryOutbox 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
30 24 updateReadMessagesContents 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
30 24 updateWebPage 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
31 0 updates.state 0:pts:int 1:qts:int 2:date:int 3:seq:int 4:unread_count:int
32 0 updates.differenceEmpty 0:date:int 1:seq:int
32 1 updates.difference 0:new_messages:Vector<Message> 1:other_updates:Vector<Update> 2:chats:Vector<Chat> 3:users:Vector<User> 4:state:updates.State
32 2 updates.differenceSlice 0:new_messages:Vector<Message> 1:other_updates:Vector<Update> 2:chats:Vector<Chat> 3:users:Vector<User> 4:intermediate_state:updates.State
32 3 updates.differenceTooLong 0:pts:int
33 0 updates.channelDifferenceEmpty 0:final:true 1:pts:int 2:timeout:int
33 1 updates.channelDifferenceTooLong 0:final:true 1:timeout:int 2:dialog:Dialog 3:messages:Vector<Message> 4:chats:Vector<Chat> 5:users:Vector<User>
33 2 updates.channelDifference 0:final:true 1:pts:int 2:timeout:int 3:new_messages:Vector<Message> 4:other_updates:Vector<Update> 5:chats:Vector<Chat> 6:users:Vector<User>
34 0 messages.messages 0:messages:Vector<Message> 1:topics:Vector<ForumTopic> 2:chats:Vector<Chat> 3:users:Vector<User>
34 1 messages.messagesSlice 0:count:int 1:next_rate:int 2:offset_id_offset:int 3:messages:Vector<Message> 4:topics:Vector<ForumTopic> 5:chats:Vector<Chat> 6:users:Vector<User> 7:inexact:true
34 2 messages.channelMessages 0:pts:int 1:count:int 2:offset_id_offset:int 3:messages:Vector<Message> 4:topics:Vector<ForumTopic> 5:chats:Vector<Chat> 6:users:Vector<User> 7:inexact:true
34 3 messages.messagesNotModified 0:count:int
35 0 messages.dialogs 0:dialogs:Vector<Dialog> 1:messages:Vector<Message> 2:chats:Vector<Chat> 3:users:Vector<User>
35 1 messages.dialogsSlice 0:count:int 1:dialogs:Vector<Dialog> 2:messages:Vector<Message> 3:chats:Vector<Chat> 4:users:Vector<User>
35 2 messages.dialogsNotModified 0:count:int
36 0 messages.peerDialogs 0:dialogs:Vector<Dialog> 1:messages:Vector<Message> 2:chats:Vector<Chat> 3:users:Vector<User> 4:state:updates.State
37 0 messages.chats 0:chats:Vector<Chat>
37 1 messages.chatsSlice 1:count:int 0:chats:Vector<Chat>
38 0 messages.chatFull 0:full_chat:ChatFull 1:chats:Vector<Chat> 2:users:Vector<User>
39 0 chatFull 0:id:long 1:about:string 2:pinned_msg_id:int 3:ttl_period:int
39 1 channelFull 0:id:long 1:about:string 4:participants_count:int 5:admins_count:int 6:online_count:int 7:migrated_from_chat_id:long 8:migrated_from_max_id:int 2:pinned_msg_id:int 9:available_min_id:int 10:linked_chat_id:long 11:slowmode_seconds:int 12:pts:int 3:ttl_period:int 13:hidden_prehistory:true
40 0 messages.affectedMessages 0:pts:int 1:pts_count:int
41 0 messages.affectedHistory 0:pts:int 1:pts_count:int 2:offset:int
42 0 messages.invitedUsers 0:updates:Updates
43 0 contacts.resolvedPeer 0:peer:Peer 1:chats:Vector<Chat> 2:users:Vector<User>
44 0 upload.file 0:mtime:int 1:bytes:bytes
44 1 upload.fileCdnRedirect 0:dc_id:int 1:file_token:bytes
45 0 config 0:date:int 1:expires:int 2:test_mode:Bool 3:this_dc:int 4:dc_options:Vector<DcOption> 5:dc_txt_domain_name:string 6:chat_size_max:int 7:megagroup_size_max:int 8:tmp_sessions:int 9:message_length_max:int
46 0 dcOption 0:id:int 1:ip_address:string 2:port:int 3:secret:bytes 4:ipv6:true 5:media_only:true 6:tcpo_only:true 7:cdn:true 8:static:true 9:this_port_only:true
47 0 account.password 0:current_algo:PasswordKdfAlgo 1:srp_B:bytes 2:srp_id:long 3:hint:string 4:has_recovery:true 5:has_password:true 6:pending_reset_date:int 7:login_email_pattern:string
48 0 passwordKdfAlgoUnknown
48 1 passwordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow 0:salt1:bytes 1:salt2:bytes 2:g:int 3:p:bytes
49 0 auth.sentCode 0:type:auth.SentCodeType 1:phone_code_hash:string 2:next_type:auth.CodeType 3:timeout:int
49 1 auth.sentCodeSuccess 0:authorization:auth.Authorization
49 2 auth.sentCodePaymentRequired 0:phone_code_hash:string 1:store_product:string
50 0 auth.sentCodeTypeApp 0:length:int
50 1 auth.sentCodeTypeSms 0:length:int
50 2 auth.sentCodeTypeCall 0:length:int
50 3 auth.sentCodeTypeFlashCall 1:pattern:string
50 4 auth.sentCodeTypeMissedCall 2:prefix:string 0:length:int
50 5 auth.sentCodeTypeEmailCode 3:email_pattern:string 0:length:int
50 6 auth.sentCodeTypeSetUpEmailRequired
50 7 auth.sentCodeTypeFragmentSms 4:url:string 0:length:int
50 8 auth.sentCodeTypeFirebaseSms 0:length:int
50 9 auth.sentCodeTypeSmsWord 5:beginning:string
50 10 auth.sentCodeTypeSmsPhrase 5:beginning:string
51 0 auth.codeTypeSms
51 1 auth.codeTypeCall
51 2 auth.codeTypeFlashCall
51 3 auth.codeTypeMissedCall
51 4 auth.codeTypeFragmentSms
52 0 auth.authorization 0:user:User 1:tmp_sessions:int 2:setup_password_required:true 3:otherwise_relogin_days:int
52 1 auth.authorizationSignUpRequired
53 0 auth.loginToken 0:expires:int 1:token:bytes
53 1 auth.loginTokenMigrateTo 0:dc_id:int 1:token:bytes
53 2 auth.loginTokenSuccess 0:authorization:auth.Authorization
54 0 auth.exportedAuthorization 0:id:long 1:bytes:bytes

"""
}

extension API {
    /// The projection of a type by its name in the schema, for tools; nil for a type that is not projected.
    public static func value(of type: String, decoding bytes: [UInt8]) throws(TLError) -> (any Sendable)? {
        switch type {
        case "Peer": try Peer(decoding: bytes)
        case "Message": try Message(decoding: bytes)
        case "MessageEntity": try MessageEntity(decoding: bytes)
        case "MessageReplyHeader": try MessageReplyHeader(decoding: bytes)
        case "MessageFwdHeader": try MessageFwdHeader(decoding: bytes)
        case "MessageReactions": try MessageReactions(decoding: bytes)
        case "ReactionCount": try ReactionCount(decoding: bytes)
        case "Reaction": try Reaction(decoding: bytes)
        case "MessageMedia": try MessageMedia(decoding: bytes)
        case "Photo": try Photo(decoding: bytes)
        case "PhotoSize": try PhotoSize(decoding: bytes)
        case "Document": try Document(decoding: bytes)
        case "DocumentAttribute": try DocumentAttribute(decoding: bytes)
        case "WebPage": try WebPage(decoding: bytes)
        case "Poll": try Poll(decoding: bytes)
        case "PollAnswer": try PollAnswer(decoding: bytes)
        case "PollResults": try PollResults(decoding: bytes)
        case "PollAnswerVoters": try PollAnswerVoters(decoding: bytes)
        case "TextWithEntities": try TextWithEntities(decoding: bytes)
        case "MessageAction": try MessageAction(decoding: bytes)
        case "User": try User(decoding: bytes)
        case "Username": try Username(decoding: bytes)
        case "UserProfilePhoto": try UserProfilePhoto(decoding: bytes)
        case "UserStatus": try UserStatus(decoding: bytes)
        case "Chat": try Chat(decoding: bytes)
        case "ChatPhoto": try ChatPhoto(decoding: bytes)
        case "InputChannel": try InputChannel(decoding: bytes)
        case "Dialog": try Dialog(decoding: bytes)
        case "ForumTopic": try ForumTopic(decoding: bytes)
        case "Updates": try Updates(decoding: bytes)
        case "Update": try Update(decoding: bytes)
        case "updates.State": try UpdatesState(decoding: bytes)
        case "updates.Difference": try UpdatesDifference(decoding: bytes)
        case "updates.ChannelDifference": try UpdatesChannelDifference(decoding: bytes)
        case "messages.Messages": try MessagesMessages(decoding: bytes)
        case "messages.Dialogs": try MessagesDialogs(decoding: bytes)
        case "messages.PeerDialogs": try MessagesPeerDialogs(decoding: bytes)
        case "messages.Chats": try MessagesChats(decoding: bytes)
        case "messages.ChatFull": try MessagesChatFull(decoding: bytes)
        case "ChatFull": try ChatFull(decoding: bytes)
        case "messages.AffectedMessages": try MessagesAffectedMessages(decoding: bytes)
        case "messages.AffectedHistory": try MessagesAffectedHistory(decoding: bytes)
        case "messages.InvitedUsers": try MessagesInvitedUsers(decoding: bytes)
        case "contacts.ResolvedPeer": try ContactsResolvedPeer(decoding: bytes)
        case "upload.File": try UploadFile(decoding: bytes)
        case "Config": try Config(decoding: bytes)
        case "DcOption": try DcOption(decoding: bytes)
        case "account.Password": try AccountPassword(decoding: bytes)
        case "PasswordKdfAlgo": try PasswordKdfAlgo(decoding: bytes)
        case "auth.SentCode": try AuthSentCode(decoding: bytes)
        case "auth.SentCodeType": try AuthSentCodeType(decoding: bytes)
        case "auth.CodeType": try AuthCodeType(decoding: bytes)
        case "auth.Authorization": try AuthAuthorization(decoding: bytes)
        case "auth.LoginToken": try AuthLoginToken(decoding: bytes)
        case "auth.ExportedAuthorization": try AuthExportedAuthorization(decoding: bytes)
        default: nil
        }
    }
}

extension API {
    /// `Peer`.
    public enum Peer: Sendable, Equatable {
        case peerUser(PeerUser)
        case peerChat(PeerChat)
        case peerChannel(PeerChannel)
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct PeerUser: Sendable, Equatable {
            public var userID: Int64 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: userID = try r.long()
                    default: break loop
                    }
                }
            }
        }

        public struct PeerChat: Sendable, Equatable {
            public var chatID: Int64 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: chatID = try r.long()
                    default: break loop
                    }
                }
            }
        }

        public struct PeerChannel: Sendable, Equatable {
            public var channelID: Int64 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: channelID = try r.long()
                    default: break loop
                    }
                }
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 0) {
            case 0: self = .peerUser(try PeerUser(&r, index))
            case 1: self = .peerChat(try PeerChat(&r, index))
            case 2: self = .peerChannel(try PeerChannel(&r, index))
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `Message`.
    public struct Message: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case messageEmpty
            case message
            case messageService
            /// A constructor that is not projected: only its id is known.
            case other
        }
        public var kind = Kind.other
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        /// Where the object lay in the bytes that were decoded; empty when it was made from its dynamic form.
        public var raw = 0..<0
        public var id: Int32 = 0
        public var peerID: API.Peer?
        public var fromID: API.Peer?
        public var fwdFrom: API.MessageFwdHeader?
        public var viaBotID: Int64?
        public var replyTo: API.MessageReplyHeader?
        public var date: Int32?
        public var message: String?
        public var media: API.MessageMedia?
        public var entities: [API.MessageEntity] = []
        public var views: Int32?
        public var forwards: Int32?
        public var editDate: Int32?
        public var postAuthor: String?
        public var groupedID: Int64?
        public var reactions: API.MessageReactions?
        public var ttlPeriod: Int32?
        public var out = false
        public var mentioned = false
        public var mediaUnread = false
        public var silent = false
        public var post = false
        public var fromScheduled = false
        public var legacy = false
        public var editHide = false
        public var pinned = false
        public var noforwards = false
        public var offline = false
        public var action: API.MessageAction?

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let start = r.offset
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 1) {
            case 0: kind = .messageEmpty
            case 1: kind = .message
            case 2: kind = .messageService
            default:
                try r.skipFields(of: index)
                raw = start..<r.offset
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: id = try r.int()
                case 1: peerID = try API.Peer(&r)
                case 2: fromID = try API.Peer(&r)
                case 3: fwdFrom = try API.MessageFwdHeader(&r)
                case 4: viaBotID = try r.long()
                case 5: replyTo = try API.MessageReplyHeader(&r)
                case 6: date = try r.int()
                case 7: message = try r.text()
                case 8: media = try API.MessageMedia(&r)
                case 9: entities = try r.vector(minimum: 4) { (r) throws(TLError) in try API.MessageEntity(&r) }
                case 10: views = try r.int()
                case 11: forwards = try r.int()
                case 12: editDate = try r.int()
                case 13: postAuthor = try r.text()
                case 14: groupedID = try r.long()
                case 15: reactions = try API.MessageReactions(&r)
                case 16: ttlPeriod = try r.int()
                case 17: out = true
                case 18: mentioned = true
                case 19: mediaUnread = true
                case 20: silent = true
                case 21: post = true
                case 22: fromScheduled = true
                case 23: legacy = true
                case 24: editHide = true
                case 25: pinned = true
                case 26: noforwards = true
                case 27: offline = true
                case 28: action = try API.MessageAction(&r)
                default: break loop
                }
            }
            raw = start..<r.offset
        }
    }
}

extension API {
    /// `MessageEntity`.
    public struct MessageEntity: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case messageEntityPre
            case messageEntityTextUrl
            case messageEntityMentionName
            case messageEntityCustomEmoji
            case messageEntityBlockquote
            case messageEntityFormattedDate
            case inputMessageEntityMentionName
            case messageEntityBankCard
            case messageEntityBold
            case messageEntityBotCommand
            case messageEntityCashtag
            case messageEntityCode
            case messageEntityDiffDelete
            case messageEntityDiffInsert
            case messageEntityDiffReplace
            case messageEntityEmail
            case messageEntityHashtag
            case messageEntityItalic
            case messageEntityMention
            case messageEntityPhone
            case messageEntitySpoiler
            case messageEntityStrike
            case messageEntityUnderline
            case messageEntityUnknown
            case messageEntityUrl
            /// A constructor that is not projected: only its id is known.
            case other
        }
        public var kind = Kind.other
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        public var offset: Int32 = 0
        public var length: Int32 = 0
        public var language: String?
        public var url: String?
        public var userID: Int64?
        public var documentID: Int64?
        public var collapsed = false
        public var date: Int32?

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 2) {
            case 0: kind = .messageEntityPre
            case 1: kind = .messageEntityTextUrl
            case 2: kind = .messageEntityMentionName
            case 3: kind = .messageEntityCustomEmoji
            case 4: kind = .messageEntityBlockquote
            case 5: kind = .messageEntityFormattedDate
            case 6: kind = .inputMessageEntityMentionName
            case 7: kind = .messageEntityBankCard
            case 8: kind = .messageEntityBold
            case 9: kind = .messageEntityBotCommand
            case 10: kind = .messageEntityCashtag
            case 11: kind = .messageEntityCode
            case 12: kind = .messageEntityDiffDelete
            case 13: kind = .messageEntityDiffInsert
            case 14: kind = .messageEntityDiffReplace
            case 15: kind = .messageEntityEmail
            case 16: kind = .messageEntityHashtag
            case 17: kind = .messageEntityItalic
            case 18: kind = .messageEntityMention
            case 19: kind = .messageEntityPhone
            case 20: kind = .messageEntitySpoiler
            case 21: kind = .messageEntityStrike
            case 22: kind = .messageEntityUnderline
            case 23: kind = .messageEntityUnknown
            case 24: kind = .messageEntityUrl
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: offset = try r.int()
                case 1: length = try r.int()
                case 2: language = try r.text()
                case 3: url = try r.text()
                case 4: userID = try r.long()
                case 5: documentID = try r.long()
                case 6: collapsed = true
                case 7: date = try r.int()
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `MessageReplyHeader`.
    public struct MessageReplyHeader: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case messageReplyHeader
            case messageReplyStoryHeader
            /// A constructor that is not projected: only its id is known.
            case other
        }
        public var kind = Kind.other
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        public var replyToMsgID: Int32?
        public var replyToPeerID: API.Peer?
        public var replyToTopID: Int32?
        public var quoteText: String?
        public var quoteOffset: Int32?
        public var forumTopic = false
        public var quote = false
        public var replyToScheduled = false
        public var peer: API.Peer?
        public var storyID: Int32?

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 3) {
            case 0: kind = .messageReplyHeader
            case 1: kind = .messageReplyStoryHeader
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: replyToMsgID = try r.int()
                case 1: replyToPeerID = try API.Peer(&r)
                case 2: replyToTopID = try r.int()
                case 3: quoteText = try r.text()
                case 4: quoteOffset = try r.int()
                case 5: forumTopic = true
                case 6: quote = true
                case 7: replyToScheduled = true
                case 8: peer = try API.Peer(&r)
                case 9: storyID = try r.int()
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `MessageFwdHeader`.
    public struct MessageFwdHeader: Sendable, Equatable {
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        public var fromID: API.Peer?
        public var fromName: String?
        public var date: Int32 = 0
        public var channelPost: Int32?
        public var postAuthor: String?
        public var savedFromPeer: API.Peer?
        public var savedFromMsgID: Int32?
        public var savedFromID: API.Peer?
        public var savedFromName: String?
        public var savedDate: Int32?
        public var psaType: String?
        public var imported = false
        public var savedOut = false

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 4) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: fromID = try API.Peer(&r)
                case 1: fromName = try r.text()
                case 2: date = try r.int()
                case 3: channelPost = try r.int()
                case 4: postAuthor = try r.text()
                case 5: savedFromPeer = try API.Peer(&r)
                case 6: savedFromMsgID = try r.int()
                case 7: savedFromID = try API.Peer(&r)
                case 8: savedFromName = try r.text()
                case 9: savedDate = try r.int()
                case 10: psaType = try r.text()
                case 11: imported = true
                case 12: savedOut = true
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `MessageReactions`.
    public struct MessageReactions: Sendable, Equatable {
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        public var results: [API.ReactionCount] = []
        public var min = false
        public var canSeeList = false
        public var reactionsAsTags = false

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 5) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: results = try r.vector(minimum: 4) { (r) throws(TLError) in try API.ReactionCount(&r) }
                case 1: min = true
                case 2: canSeeList = true
                case 3: reactionsAsTags = true
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `ReactionCount`.
    public struct ReactionCount: Sendable, Equatable {
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        public var reaction = API.Reaction.other(0)
        public var count: Int32 = 0

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 6) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: reaction = try API.Reaction(&r)
                case 1: count = try r.int()
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `Reaction`.
    public enum Reaction: Sendable, Equatable {
        case reactionEmpty
        case reactionEmoji(ReactionEmoji)
        case reactionCustomEmoji(ReactionCustomEmoji)
        case reactionPaid
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct ReactionEmoji: Sendable, Equatable {
            public var emoticon = ""

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: emoticon = try r.text()
                    default: break loop
                    }
                }
            }
        }

        public struct ReactionCustomEmoji: Sendable, Equatable {
            public var documentID: Int64 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: documentID = try r.long()
                    default: break loop
                    }
                }
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 7) {
            case 0:
                try r.skipFields(of: index)
                self = .reactionEmpty
            case 1: self = .reactionEmoji(try ReactionEmoji(&r, index))
            case 2: self = .reactionCustomEmoji(try ReactionCustomEmoji(&r, index))
            case 3:
                try r.skipFields(of: index)
                self = .reactionPaid
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `MessageMedia`.
    public indirect enum MessageMedia: Sendable, Equatable {
        case messageMediaEmpty
        case messageMediaPhoto(MessageMediaPhoto)
        case messageMediaDocument(MessageMediaDocument)
        case messageMediaWebPage(MessageMediaWebPage)
        case messageMediaPoll(MessageMediaPoll)
        case messageMediaContact(MessageMediaContact)
        case messageMediaUnsupported
        case messageMediaGeo
        case messageMediaGeoLive
        case messageMediaVenue
        case messageMediaGame
        case messageMediaInvoice
        case messageMediaDice
        case messageMediaStory
        case messageMediaGiveaway
        case messageMediaGiveawayResults
        case messageMediaPaidMedia
        case messageMediaToDo
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct MessageMediaPhoto: Sendable, Equatable {
            public var photo: API.Photo?
            public var ttlSeconds: Int32?
            public var spoiler = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: photo = try API.Photo(&r)
                    case 1: ttlSeconds = try r.int()
                    case 2: spoiler = true
                    default: break loop
                    }
                }
            }
        }

        public struct MessageMediaDocument: Sendable, Equatable {
            public var document: API.Document?
            public var ttlSeconds: Int32?
            public var spoiler = false
            public var video = false
            public var round = false
            public var voice = false
            public var nopremium = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: document = try API.Document(&r)
                    case 1: ttlSeconds = try r.int()
                    case 2: spoiler = true
                    case 3: video = true
                    case 4: round = true
                    case 5: voice = true
                    case 6: nopremium = true
                    default: break loop
                    }
                }
            }
        }

        public struct MessageMediaWebPage: Sendable, Equatable {
            public var webpage = API.WebPage()

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: webpage = try API.WebPage(&r)
                    default: break loop
                    }
                }
            }
        }

        public struct MessageMediaPoll: Sendable, Equatable {
            public var poll = API.Poll()
            public var results = API.PollResults()

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: poll = try API.Poll(&r)
                    case 1: results = try API.PollResults(&r)
                    default: break loop
                    }
                }
            }
        }

        public struct MessageMediaContact: Sendable, Equatable {
            public var firstName = ""
            public var lastName = ""
            public var userID: Int64 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: firstName = try r.text()
                    case 1: lastName = try r.text()
                    case 2: userID = try r.long()
                    default: break loop
                    }
                }
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 8) {
            case 0:
                try r.skipFields(of: index)
                self = .messageMediaEmpty
            case 1: self = .messageMediaPhoto(try MessageMediaPhoto(&r, index))
            case 2: self = .messageMediaDocument(try MessageMediaDocument(&r, index))
            case 3: self = .messageMediaWebPage(try MessageMediaWebPage(&r, index))
            case 4: self = .messageMediaPoll(try MessageMediaPoll(&r, index))
            case 5: self = .messageMediaContact(try MessageMediaContact(&r, index))
            case 6:
                try r.skipFields(of: index)
                self = .messageMediaUnsupported
            case 7:
                try r.skipFields(of: index)
                self = .messageMediaGeo
            case 8:
                try r.skipFields(of: index)
                self = .messageMediaGeoLive
            case 9:
                try r.skipFields(of: index)
                self = .messageMediaVenue
            case 10:
                try r.skipFields(of: index)
                self = .messageMediaGame
            case 11:
                try r.skipFields(of: index)
                self = .messageMediaInvoice
            case 12:
                try r.skipFields(of: index)
                self = .messageMediaDice
            case 13:
                try r.skipFields(of: index)
                self = .messageMediaStory
            case 14:
                try r.skipFields(of: index)
                self = .messageMediaGiveaway
            case 15:
                try r.skipFields(of: index)
                self = .messageMediaGiveawayResults
            case 16:
                try r.skipFields(of: index)
                self = .messageMediaPaidMedia
            case 17:
                try r.skipFields(of: index)
                self = .messageMediaToDo
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `Photo`.
    public struct Photo: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case photoEmpty
            case photo
            /// A constructor that is not projected: only its id is known.
            case other
        }
        public var kind = Kind.other
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        public var id: Int64 = 0
        public var sizes: [API.PhotoSize] = []

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 9) {
            case 0: kind = .photoEmpty
            case 1: kind = .photo
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: id = try r.long()
                case 1: sizes = try r.vector(minimum: 4) { (r) throws(TLError) in try API.PhotoSize(&r) }
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `PhotoSize`.
    public struct PhotoSize: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case photoSizeEmpty
            case photoSize
            case photoCachedSize
            case photoStrippedSize
            case photoSizeProgressive
            case photoPathSize
            /// A constructor that is not projected: only its id is known.
            case other
        }
        public var kind = Kind.other
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        public var type = ""
        public var w: Int32?
        public var h: Int32?
        public var size: Int32?
        public var sizes: [Int32] = []

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 10) {
            case 0: kind = .photoSizeEmpty
            case 1: kind = .photoSize
            case 2: kind = .photoCachedSize
            case 3: kind = .photoStrippedSize
            case 4: kind = .photoSizeProgressive
            case 5: kind = .photoPathSize
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: type = try r.text()
                case 1: w = try r.int()
                case 2: h = try r.int()
                case 3: size = try r.int()
                case 4: sizes = try r.vector(minimum: 4) { (r) throws(TLError) in try r.int() }
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `Document`.
    public struct Document: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case documentEmpty
            case document
            /// A constructor that is not projected: only its id is known.
            case other
        }
        public var kind = Kind.other
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        public var id: Int64 = 0
        public var mimeType: String?
        public var size: Int64?
        public var attributes: [API.DocumentAttribute] = []

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 11) {
            case 0: kind = .documentEmpty
            case 1: kind = .document
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: id = try r.long()
                case 1: mimeType = try r.text()
                case 2: size = try r.long()
                case 3: attributes = try r.vector(minimum: 4) { (r) throws(TLError) in try API.DocumentAttribute(&r) }
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `DocumentAttribute`.
    public enum DocumentAttribute: Sendable, Equatable {
        case documentAttributeImageSize(DocumentAttributeImageSize)
        case documentAttributeAnimated
        case documentAttributeSticker(DocumentAttributeSticker)
        case documentAttributeVideo(DocumentAttributeVideo)
        case documentAttributeAudio(DocumentAttributeAudio)
        case documentAttributeFilename(DocumentAttributeFilename)
        case documentAttributeHasStickers
        case documentAttributeCustomEmoji(DocumentAttributeCustomEmoji)
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct DocumentAttributeImageSize: Sendable, Equatable {
            public var w: Int32 = 0
            public var h: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: w = try r.int()
                    case 1: h = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct DocumentAttributeSticker: Sendable, Equatable {
            public var alt = ""

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: alt = try r.text()
                    default: break loop
                    }
                }
            }
        }

        public struct DocumentAttributeVideo: Sendable, Equatable {
            public var duration: Double = 0
            public var w: Int32 = 0
            public var h: Int32 = 0
            public var roundMessage = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: duration = try r.number(walk)
                    case 1: w = try r.int()
                    case 2: h = try r.int()
                    case 3: roundMessage = true
                    default: break loop
                    }
                }
            }
        }

        public struct DocumentAttributeAudio: Sendable, Equatable {
            public var duration: Int32 = 0
            public var title: String?
            public var performer: String?
            public var voice = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: duration = try r.int()
                    case 1: title = try r.text()
                    case 2: performer = try r.text()
                    case 3: voice = true
                    default: break loop
                    }
                }
            }
        }

        public struct DocumentAttributeFilename: Sendable, Equatable {
            public var fileName = ""

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: fileName = try r.text()
                    default: break loop
                    }
                }
            }
        }

        public struct DocumentAttributeCustomEmoji: Sendable, Equatable {
            public var alt = ""

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: alt = try r.text()
                    default: break loop
                    }
                }
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 12) {
            case 0: self = .documentAttributeImageSize(try DocumentAttributeImageSize(&r, index))
            case 1:
                try r.skipFields(of: index)
                self = .documentAttributeAnimated
            case 2: self = .documentAttributeSticker(try DocumentAttributeSticker(&r, index))
            case 3: self = .documentAttributeVideo(try DocumentAttributeVideo(&r, index))
            case 4: self = .documentAttributeAudio(try DocumentAttributeAudio(&r, index))
            case 5: self = .documentAttributeFilename(try DocumentAttributeFilename(&r, index))
            case 6:
                try r.skipFields(of: index)
                self = .documentAttributeHasStickers
            case 7: self = .documentAttributeCustomEmoji(try DocumentAttributeCustomEmoji(&r, index))
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `WebPage`.
    public struct WebPage: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case webPageEmpty
            case webPagePending
            case webPage
            case webPageNotModified
            /// A constructor that is not projected: only its id is known.
            case other
        }
        public var kind = Kind.other
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        public var id: Int64?
        public var url: String?
        public var date: Int32?
        public var type: String?
        public var siteName: String?
        public var title: String?
        public var description: String?
        public var author: String?

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 13) {
            case 0: kind = .webPageEmpty
            case 1: kind = .webPagePending
            case 2: kind = .webPage
            case 3: kind = .webPageNotModified
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: id = try r.long()
                case 1: url = try r.text()
                case 2: date = try r.int()
                case 3: type = try r.text()
                case 4: siteName = try r.text()
                case 5: title = try r.text()
                case 6: description = try r.text()
                case 7: author = try r.text()
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `Poll`.
    public struct Poll: Sendable, Equatable {
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        public var id: Int64 = 0
        public var question = API.TextWithEntities()
        public var answers: [API.PollAnswer] = []
        public var closed = false
        public var publicVoters = false
        public var multipleChoice = false
        public var quiz = false
        public var closePeriod: Int32?
        public var closeDate: Int32?

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 14) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: id = try r.long()
                case 1: question = try r.textWithEntities(walk)
                case 2: answers = try r.vector(minimum: 4) { (r) throws(TLError) in try API.PollAnswer(&r) }
                case 3: closed = true
                case 4: publicVoters = true
                case 5: multipleChoice = true
                case 6: quiz = true
                case 7: closePeriod = try r.int()
                case 8: closeDate = try r.int()
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `PollAnswer`.
    public struct PollAnswer: Sendable, Equatable {
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        public var text = API.TextWithEntities()
        public var option: [UInt8] = []

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 15) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: text = try r.textWithEntities(walk)
                case 1: option = try r.blob()
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `PollResults`.
    public struct PollResults: Sendable, Equatable {
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        public var results: [API.PollAnswerVoters] = []
        public var totalVoters: Int32?
        public var min = false

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 16) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: results = try r.vector(minimum: 4) { (r) throws(TLError) in try API.PollAnswerVoters(&r) }
                case 1: totalVoters = try r.int()
                case 2: min = true
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `PollAnswerVoters`.
    public struct PollAnswerVoters: Sendable, Equatable {
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        public var option: [UInt8] = []
        public var voters: Int32?
        public var correct = false

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 17) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: option = try r.blob()
                case 1: voters = try r.int()
                case 2: correct = true
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `TextWithEntities`.
    public struct TextWithEntities: Sendable, Equatable {
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        public var text = ""

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 18) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: text = try r.text()
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `MessageAction`.
    public indirect enum MessageAction: Sendable, Equatable {
        case messageActionChatCreate(MessageActionChatCreate)
        case messageActionChatEditTitle(MessageActionChatEditTitle)
        case messageActionChannelCreate(MessageActionChannelCreate)
        case messageActionChatMigrateTo(MessageActionChatMigrateTo)
        case messageActionChannelMigrateFrom(MessageActionChannelMigrateFrom)
        case messageActionTopicCreate(MessageActionTopicCreate)
        case messageActionTopicEdit(MessageActionTopicEdit)
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct MessageActionChatCreate: Sendable, Equatable {
            public var title = ""

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: title = try r.text()
                    default: break loop
                    }
                }
            }
        }

        public struct MessageActionChatEditTitle: Sendable, Equatable {
            public var title = ""

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: title = try r.text()
                    default: break loop
                    }
                }
            }
        }

        public struct MessageActionChannelCreate: Sendable, Equatable {
            public var title = ""

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: title = try r.text()
                    default: break loop
                    }
                }
            }
        }

        public struct MessageActionChatMigrateTo: Sendable, Equatable {
            public var channelID: Int64 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: channelID = try r.long()
                    default: break loop
                    }
                }
            }
        }

        public struct MessageActionChannelMigrateFrom: Sendable, Equatable {
            public var title = ""
            public var chatID: Int64 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: title = try r.text()
                    case 1: chatID = try r.long()
                    default: break loop
                    }
                }
            }
        }

        public struct MessageActionTopicCreate: Sendable, Equatable {
            public var title = ""

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: title = try r.text()
                    default: break loop
                    }
                }
            }
        }

        public struct MessageActionTopicEdit: Sendable, Equatable {
            public var title: String?
            public var closed: Bool?
            public var hidden: Bool?

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: title = try r.text()
                    case 1: closed = try r.bool()
                    case 2: hidden = try r.bool()
                    default: break loop
                    }
                }
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 19) {
            case 0: self = .messageActionChatCreate(try MessageActionChatCreate(&r, index))
            case 1: self = .messageActionChatEditTitle(try MessageActionChatEditTitle(&r, index))
            case 2: self = .messageActionChannelCreate(try MessageActionChannelCreate(&r, index))
            case 3: self = .messageActionChatMigrateTo(try MessageActionChatMigrateTo(&r, index))
            case 4: self = .messageActionChannelMigrateFrom(try MessageActionChannelMigrateFrom(&r, index))
            case 5: self = .messageActionTopicCreate(try MessageActionTopicCreate(&r, index))
            case 6: self = .messageActionTopicEdit(try MessageActionTopicEdit(&r, index))
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `User`.
    public struct User: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case userEmpty
            case user
            /// A constructor that is not projected: only its id is known.
            case other
        }
        public var kind = Kind.other
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        public var id: Int64 = 0
        public var accessHash: Int64?
        public var firstName: String?
        public var lastName: String?
        public var username: String?
        public var usernames: [API.Username] = []
        public var phone: String?
        public var photo: API.UserProfilePhoto?
        public var status: API.UserStatus?
        public var langCode: String?
        public var isSelf = false
        public var contact = false
        public var mutualContact = false
        public var deleted = false
        public var bot = false
        public var verified = false
        public var restricted = false
        public var min = false
        public var support = false
        public var scam = false
        public var fake = false
        public var premium = false
        public var applyMinPhoto = false

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 20) {
            case 0: kind = .userEmpty
            case 1: kind = .user
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: id = try r.long()
                case 1: accessHash = try r.long()
                case 2: firstName = try r.text()
                case 3: lastName = try r.text()
                case 4: username = try r.text()
                case 5: usernames = try r.vector(minimum: 4) { (r) throws(TLError) in try API.Username(&r) }
                case 6: phone = try r.text()
                case 7: photo = try API.UserProfilePhoto(&r)
                case 8: status = try API.UserStatus(&r)
                case 9: langCode = try r.text()
                case 10: isSelf = true
                case 11: contact = true
                case 12: mutualContact = true
                case 13: deleted = true
                case 14: bot = true
                case 15: verified = true
                case 16: restricted = true
                case 17: min = true
                case 18: support = true
                case 19: scam = true
                case 20: fake = true
                case 21: premium = true
                case 22: applyMinPhoto = true
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `Username`.
    public struct Username: Sendable, Equatable {
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        public var username = ""
        public var editable = false
        public var active = false

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 21) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: username = try r.text()
                case 1: editable = true
                case 2: active = true
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `UserProfilePhoto`.
    public struct UserProfilePhoto: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case userProfilePhotoEmpty
            case userProfilePhoto
            /// A constructor that is not projected: only its id is known.
            case other
        }
        public var kind = Kind.other
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        public var photoID: Int64?
        public var dcID: Int32?
        public var hasVideo = false

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 22) {
            case 0: kind = .userProfilePhotoEmpty
            case 1: kind = .userProfilePhoto
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: photoID = try r.long()
                case 1: dcID = try r.int()
                case 2: hasVideo = true
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `UserStatus`.
    public enum UserStatus: Sendable, Equatable {
        case userStatusEmpty
        case userStatusOnline(UserStatusOnline)
        case userStatusOffline(UserStatusOffline)
        case userStatusRecently
        case userStatusLastWeek
        case userStatusLastMonth
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct UserStatusOnline: Sendable, Equatable {
            public var expires: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: expires = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct UserStatusOffline: Sendable, Equatable {
            public var wasOnline: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: wasOnline = try r.int()
                    default: break loop
                    }
                }
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 23) {
            case 0:
                try r.skipFields(of: index)
                self = .userStatusEmpty
            case 1: self = .userStatusOnline(try UserStatusOnline(&r, index))
            case 2: self = .userStatusOffline(try UserStatusOffline(&r, index))
            case 3:
                try r.skipFields(of: index)
                self = .userStatusRecently
            case 4:
                try r.skipFields(of: index)
                self = .userStatusLastWeek
            case 5:
                try r.skipFields(of: index)
                self = .userStatusLastMonth
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `Chat`.
    public struct Chat: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case chatEmpty
            case chat
            case chatForbidden
            case channel
            case channelForbidden
            case communityForbidden
            case community
            /// A constructor that is not projected: only its id is known.
            case other
        }
        public var kind = Kind.other
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        public var id: Int64 = 0
        public var title: String?
        public var photo: API.ChatPhoto?
        public var participantsCount: Int32?
        public var date: Int32?
        public var version: Int32?
        public var migratedTo: API.InputChannel?
        public var creator = false
        public var left = false
        public var deactivated = false
        public var noforwards = false
        public var accessHash: Int64?
        public var username: String?
        public var usernames: [API.Username] = []
        public var level: Int32?
        public var broadcast = false
        public var verified = false
        public var megagroup = false
        public var restricted = false
        public var signatures = false
        public var min = false
        public var scam = false
        public var fake = false
        public var gigagroup = false
        public var forum = false
        public var joinToSend = false
        public var joinRequest = false
        public var slowmodeEnabled = false
        public var hasLink = false
        public var monoforum = false
        public var linkedMonoforumID: Int64?
        public var untilDate: Int32?

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 24) {
            case 0: kind = .chatEmpty
            case 1: kind = .chat
            case 2: kind = .chatForbidden
            case 3: kind = .channel
            case 4: kind = .channelForbidden
            case 5: kind = .communityForbidden
            case 6: kind = .community
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: id = try r.long()
                case 1: title = try r.text()
                case 2: photo = try API.ChatPhoto(&r)
                case 3: participantsCount = try r.int()
                case 4: date = try r.int()
                case 5: version = try r.int()
                case 6: migratedTo = try API.InputChannel(&r)
                case 7: creator = true
                case 8: left = true
                case 9: deactivated = true
                case 10: noforwards = true
                case 11: accessHash = try r.long()
                case 12: username = try r.text()
                case 13: usernames = try r.vector(minimum: 4) { (r) throws(TLError) in try API.Username(&r) }
                case 14: level = try r.int()
                case 15: broadcast = true
                case 16: verified = true
                case 17: megagroup = true
                case 18: restricted = true
                case 19: signatures = true
                case 20: min = true
                case 21: scam = true
                case 22: fake = true
                case 23: gigagroup = true
                case 24: forum = true
                case 25: joinToSend = true
                case 26: joinRequest = true
                case 27: slowmodeEnabled = true
                case 28: hasLink = true
                case 29: monoforum = true
                case 30: linkedMonoforumID = try r.long()
                case 31: untilDate = try r.int()
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `ChatPhoto`.
    public struct ChatPhoto: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case chatPhotoEmpty
            case chatPhoto
            /// A constructor that is not projected: only its id is known.
            case other
        }
        public var kind = Kind.other
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        public var photoID: Int64?
        public var dcID: Int32?
        public var hasVideo = false

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 25) {
            case 0: kind = .chatPhotoEmpty
            case 1: kind = .chatPhoto
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: photoID = try r.long()
                case 1: dcID = try r.int()
                case 2: hasVideo = true
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `InputChannel`.
    public enum InputChannel: Sendable, Equatable {
        case inputChannelEmpty
        case inputChannel(InputChannel)
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct InputChannel: Sendable, Equatable {
            public var channelID: Int64 = 0
            public var accessHash: Int64 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: channelID = try r.long()
                    case 1: accessHash = try r.long()
                    default: break loop
                    }
                }
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 26) {
            case 0:
                try r.skipFields(of: index)
                self = .inputChannelEmpty
            case 1: self = .inputChannel(try InputChannel(&r, index))
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `Dialog`.
    public struct Dialog: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case dialog
            case dialogFolder
            /// A constructor that is not projected: only its id is known.
            case other
        }
        public var kind = Kind.other
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        public var peer = API.Peer.other(0)
        public var topMessage: Int32 = 0
        public var readInboxMaxID: Int32?
        public var readOutboxMaxID: Int32?
        public var unreadCount: Int32?
        public var pts: Int32?
        public var folderID: Int32?
        public var ttlPeriod: Int32?
        public var pinned = false

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 27) {
            case 0: kind = .dialog
            case 1: kind = .dialogFolder
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: peer = try API.Peer(&r)
                case 1: topMessage = try r.int()
                case 2: readInboxMaxID = try r.int()
                case 3: readOutboxMaxID = try r.int()
                case 4: unreadCount = try r.int()
                case 5: pts = try r.int()
                case 6: folderID = try r.int()
                case 7: ttlPeriod = try r.int()
                case 8: pinned = true
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `ForumTopic`.
    public struct ForumTopic: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case forumTopicDeleted
            case forumTopic
            /// A constructor that is not projected: only its id is known.
            case other
        }
        public var kind = Kind.other
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        public var id: Int32 = 0
        public var date: Int32?
        public var title: String?
        public var iconColor: Int32?
        public var iconEmojiID: Int64?
        public var topMessage: Int32?
        public var fromID: API.Peer?
        public var closed = false
        public var pinned = false
        public var hidden = false
        public var short = false

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 28) {
            case 0: kind = .forumTopicDeleted
            case 1: kind = .forumTopic
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: id = try r.int()
                case 1: date = try r.int()
                case 2: title = try r.text()
                case 3: iconColor = try r.int()
                case 4: iconEmojiID = try r.long()
                case 5: topMessage = try r.int()
                case 6: fromID = try API.Peer(&r)
                case 7: closed = true
                case 8: pinned = true
                case 9: hidden = true
                case 10: short = true
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `Updates`.
    public enum Updates: Sendable, Equatable {
        case updatesTooLong
        case updateShortMessage(UpdateShortMessage)
        case updateShortChatMessage(UpdateShortChatMessage)
        case updateShort(UpdateShort)
        case updatesCombined(UpdatesCombined)
        case updates(Updates)
        case updateShortSentMessage(UpdateShortSentMessage)
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct UpdateShortMessage: Sendable, Equatable {
            public var id: Int32 = 0
            public var userID: Int64 = 0
            public var message = ""
            public var pts: Int32 = 0
            public var ptsCount: Int32 = 0
            public var date: Int32 = 0
            public var fwdFrom: API.MessageFwdHeader?
            public var viaBotID: Int64?
            public var replyTo: API.MessageReplyHeader?
            public var entities: [API.MessageEntity] = []
            public var ttlPeriod: Int32?
            public var out = false
            public var mentioned = false
            public var mediaUnread = false
            public var silent = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: id = try r.int()
                    case 1: userID = try r.long()
                    case 2: message = try r.text()
                    case 3: pts = try r.int()
                    case 4: ptsCount = try r.int()
                    case 5: date = try r.int()
                    case 6: fwdFrom = try API.MessageFwdHeader(&r)
                    case 7: viaBotID = try r.long()
                    case 8: replyTo = try API.MessageReplyHeader(&r)
                    case 9: entities = try r.vector(minimum: 4) { (r) throws(TLError) in try API.MessageEntity(&r) }
                    case 10: ttlPeriod = try r.int()
                    case 11: out = true
                    case 12: mentioned = true
                    case 13: mediaUnread = true
                    case 14: silent = true
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateShortChatMessage: Sendable, Equatable {
            public var id: Int32 = 0
            public var fromID: Int64 = 0
            public var chatID: Int64 = 0
            public var message = ""
            public var pts: Int32 = 0
            public var ptsCount: Int32 = 0
            public var date: Int32 = 0
            public var fwdFrom: API.MessageFwdHeader?
            public var viaBotID: Int64?
            public var replyTo: API.MessageReplyHeader?
            public var entities: [API.MessageEntity] = []
            public var ttlPeriod: Int32?
            public var out = false
            public var mentioned = false
            public var mediaUnread = false
            public var silent = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: id = try r.int()
                    case 1: fromID = try r.long()
                    case 2: chatID = try r.long()
                    case 3: message = try r.text()
                    case 4: pts = try r.int()
                    case 5: ptsCount = try r.int()
                    case 6: date = try r.int()
                    case 7: fwdFrom = try API.MessageFwdHeader(&r)
                    case 8: viaBotID = try r.long()
                    case 9: replyTo = try API.MessageReplyHeader(&r)
                    case 10: entities = try r.vector(minimum: 4) { (r) throws(TLError) in try API.MessageEntity(&r) }
                    case 11: ttlPeriod = try r.int()
                    case 12: out = true
                    case 13: mentioned = true
                    case 14: mediaUnread = true
                    case 15: silent = true
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateShort: Sendable, Equatable {
            public var update = API.Update.other(0)
            public var date: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: update = try API.Update(&r)
                    case 1: date = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct UpdatesCombined: Sendable, Equatable {
            public var updates: [API.Update] = []
            public var users: [API.User] = []
            public var chats: [API.Chat] = []
            public var date: Int32 = 0
            public var seqStart: Int32 = 0
            public var seq: Int32 = 0
            /// The vector elements that could not be read, since a constructor in them is unknown.
            public var undecoded: [TL.Partial.Undecoded] = []
            /// Nothing behind the last of them could be read: fields that are declared after it have no value.
            public var isTruncated = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: updates = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Update(&r) }
                    case 1: users = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.User(&r) }
                    case 2: chats = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Chat(&r) }
                    case 3: date = try r.int()
                    case 4: seqStart = try r.int()
                    case 5: seq = try r.int()
                    default: break loop
                    }
                }
                undecoded = r.undecoded
                isTruncated = r.isTruncated
            }
        }

        public struct Updates: Sendable, Equatable {
            public var updates: [API.Update] = []
            public var users: [API.User] = []
            public var chats: [API.Chat] = []
            public var date: Int32 = 0
            public var seq: Int32 = 0
            /// The vector elements that could not be read, since a constructor in them is unknown.
            public var undecoded: [TL.Partial.Undecoded] = []
            /// Nothing behind the last of them could be read: fields that are declared after it have no value.
            public var isTruncated = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: updates = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Update(&r) }
                    case 1: users = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.User(&r) }
                    case 2: chats = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Chat(&r) }
                    case 3: date = try r.int()
                    case 4: seq = try r.int()
                    default: break loop
                    }
                }
                undecoded = r.undecoded
                isTruncated = r.isTruncated
            }
        }

        public struct UpdateShortSentMessage: Sendable, Equatable {
            public var id: Int32 = 0
            public var pts: Int32 = 0
            public var ptsCount: Int32 = 0
            public var date: Int32 = 0
            public var media: API.MessageMedia?
            public var entities: [API.MessageEntity] = []
            public var ttlPeriod: Int32?
            public var out = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: id = try r.int()
                    case 1: pts = try r.int()
                    case 2: ptsCount = try r.int()
                    case 3: date = try r.int()
                    case 4: media = try API.MessageMedia(&r)
                    case 5: entities = try r.vector(minimum: 4) { (r) throws(TLError) in try API.MessageEntity(&r) }
                    case 6: ttlPeriod = try r.int()
                    case 7: out = true
                    default: break loop
                    }
                }
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 29) {
            case 0:
                try r.skipFields(of: index)
                self = .updatesTooLong
            case 1: self = .updateShortMessage(try UpdateShortMessage(&r, index))
            case 2: self = .updateShortChatMessage(try UpdateShortChatMessage(&r, index))
            case 3: self = .updateShort(try UpdateShort(&r, index))
            case 4: self = .updatesCombined(try UpdatesCombined(&r, index))
            case 5: self = .updates(try Updates(&r, index))
            case 6: self = .updateShortSentMessage(try UpdateShortSentMessage(&r, index))
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `Update`.
    public indirect enum Update: Sendable, Equatable {
        case updateNewMessage(UpdateNewMessage)
        case updateEditMessage(UpdateEditMessage)
        case updateDeleteMessages(UpdateDeleteMessages)
        case updateNewChannelMessage(UpdateNewChannelMessage)
        case updateEditChannelMessage(UpdateEditChannelMessage)
        case updateDeleteChannelMessages(UpdateDeleteChannelMessages)
        case updateChannelTooLong(UpdateChannelTooLong)
        case updateMessageID(UpdateMessageID)
        case updateMessageReactions(UpdateMessageReactions)
        case updateChannelMessageViews(UpdateChannelMessageViews)
        case updateChannelMessageForwards(UpdateChannelMessageForwards)
        case updateMessagePoll(UpdateMessagePoll)
        case updatePinnedMessages(UpdatePinnedMessages)
        case updatePinnedChannelMessages(UpdatePinnedChannelMessages)
        case updateChannel(UpdateChannel)
        case updateChat(UpdateChat)
        case updateChannelAvailableMessages(UpdateChannelAvailableMessages)
        case updateReadChannelInbox(UpdateReadChannelInbox)
        case updateUserName(UpdateUserName)
        case updateDcOptions(UpdateDcOptions)
        case updateConfig
        case updatePtsChanged
        case updateLoginToken
        case updateServiceNotification(UpdateServiceNotification)
        case numbered(Numbered)
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct UpdateNewMessage: Sendable, Equatable {
            public var message = API.Message()
            public var pts: Int32 = 0
            public var ptsCount: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: message = try API.Message(&r)
                    case 1: pts = try r.int()
                    case 2: ptsCount = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateEditMessage: Sendable, Equatable {
            public var message = API.Message()
            public var pts: Int32 = 0
            public var ptsCount: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: message = try API.Message(&r)
                    case 1: pts = try r.int()
                    case 2: ptsCount = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateDeleteMessages: Sendable, Equatable {
            public var messages: [Int32] = []
            public var pts: Int32 = 0
            public var ptsCount: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: messages = try r.vector(minimum: 4) { (r) throws(TLError) in try r.int() }
                    case 1: pts = try r.int()
                    case 2: ptsCount = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateNewChannelMessage: Sendable, Equatable {
            public var message = API.Message()
            public var pts: Int32 = 0
            public var ptsCount: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: message = try API.Message(&r)
                    case 1: pts = try r.int()
                    case 2: ptsCount = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateEditChannelMessage: Sendable, Equatable {
            public var message = API.Message()
            public var pts: Int32 = 0
            public var ptsCount: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: message = try API.Message(&r)
                    case 1: pts = try r.int()
                    case 2: ptsCount = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateDeleteChannelMessages: Sendable, Equatable {
            public var channelID: Int64 = 0
            public var messages: [Int32] = []
            public var pts: Int32 = 0
            public var ptsCount: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: channelID = try r.long()
                    case 1: messages = try r.vector(minimum: 4) { (r) throws(TLError) in try r.int() }
                    case 2: pts = try r.int()
                    case 3: ptsCount = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateChannelTooLong: Sendable, Equatable {
            public var channelID: Int64 = 0
            public var pts: Int32?

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: channelID = try r.long()
                    case 1: pts = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateMessageID: Sendable, Equatable {
            public var id: Int32 = 0
            public var randomID: Int64 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: id = try r.int()
                    case 1: randomID = try r.long()
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateMessageReactions: Sendable, Equatable {
            public var peer = API.Peer.other(0)
            public var msgID: Int32 = 0
            public var topMsgID: Int32?
            public var reactions = API.MessageReactions()

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: peer = try API.Peer(&r)
                    case 1: msgID = try r.int()
                    case 2: topMsgID = try r.int()
                    case 3: reactions = try API.MessageReactions(&r)
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateChannelMessageViews: Sendable, Equatable {
            public var channelID: Int64 = 0
            public var id: Int32 = 0
            public var views: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: channelID = try r.long()
                    case 1: id = try r.int()
                    case 2: views = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateChannelMessageForwards: Sendable, Equatable {
            public var channelID: Int64 = 0
            public var id: Int32 = 0
            public var forwards: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: channelID = try r.long()
                    case 1: id = try r.int()
                    case 2: forwards = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateMessagePoll: Sendable, Equatable {
            public var pollID: Int64 = 0
            public var results = API.PollResults()

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: pollID = try r.long()
                    case 1: results = try API.PollResults(&r)
                    default: break loop
                    }
                }
            }
        }

        public struct UpdatePinnedMessages: Sendable, Equatable {
            public var peer = API.Peer.other(0)
            public var messages: [Int32] = []
            public var pinned = false
            public var pts: Int32 = 0
            public var ptsCount: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: peer = try API.Peer(&r)
                    case 1: messages = try r.vector(minimum: 4) { (r) throws(TLError) in try r.int() }
                    case 2: pinned = true
                    case 3: pts = try r.int()
                    case 4: ptsCount = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct UpdatePinnedChannelMessages: Sendable, Equatable {
            public var channelID: Int64 = 0
            public var messages: [Int32] = []
            public var pinned = false
            public var pts: Int32 = 0
            public var ptsCount: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: channelID = try r.long()
                    case 1: messages = try r.vector(minimum: 4) { (r) throws(TLError) in try r.int() }
                    case 2: pinned = true
                    case 3: pts = try r.int()
                    case 4: ptsCount = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateChannel: Sendable, Equatable {
            public var channelID: Int64 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: channelID = try r.long()
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateChat: Sendable, Equatable {
            public var chatID: Int64 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: chatID = try r.long()
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateChannelAvailableMessages: Sendable, Equatable {
            public var channelID: Int64 = 0
            public var availableMinID: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: channelID = try r.long()
                    case 1: availableMinID = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateReadChannelInbox: Sendable, Equatable {
            public var channelID: Int64 = 0
            public var maxID: Int32 = 0
            public var stillUnreadCount: Int32 = 0
            public var pts: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: channelID = try r.long()
                    case 1: maxID = try r.int()
                    case 2: stillUnreadCount = try r.int()
                    case 3: pts = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateUserName: Sendable, Equatable {
            public var userID: Int64 = 0
            public var firstName = ""
            public var lastName = ""
            public var usernames: [API.Username] = []

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: userID = try r.long()
                    case 1: firstName = try r.text()
                    case 2: lastName = try r.text()
                    case 3: usernames = try r.vector(minimum: 4) { (r) throws(TLError) in try API.Username(&r) }
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateDcOptions: Sendable, Equatable {
            public var dcOptions: [API.DcOption] = []

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: dcOptions = try r.vector(minimum: 4) { (r) throws(TLError) in try API.DcOption(&r) }
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateServiceNotification: Sendable, Equatable {
            public var type = ""
            public var message = ""
            public var popup = false
            public var inboxDate: Int32?

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: type = try r.text()
                    case 1: message = try r.text()
                    case 2: popup = true
                    case 3: inboxDate = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct Numbered: Sendable, Equatable {
            public var constructor: UInt32 = 0
            public var channelID: Int64?
            public var pts: Int32?
            public var ptsCount: Int32?
            public var qts: Int32?

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                constructor = r.schema.constructors[index].id
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: channelID = try r.long()
                    case 1: pts = try r.int()
                    case 2: ptsCount = try r.int()
                    case 3: qts = try r.int()
                    default: break loop
                    }
                }
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 30) {
            case 0: self = .updateNewMessage(try UpdateNewMessage(&r, index))
            case 1: self = .updateEditMessage(try UpdateEditMessage(&r, index))
            case 2: self = .updateDeleteMessages(try UpdateDeleteMessages(&r, index))
            case 3: self = .updateNewChannelMessage(try UpdateNewChannelMessage(&r, index))
            case 4: self = .updateEditChannelMessage(try UpdateEditChannelMessage(&r, index))
            case 5: self = .updateDeleteChannelMessages(try UpdateDeleteChannelMessages(&r, index))
            case 6: self = .updateChannelTooLong(try UpdateChannelTooLong(&r, index))
            case 7: self = .updateMessageID(try UpdateMessageID(&r, index))
            case 8: self = .updateMessageReactions(try UpdateMessageReactions(&r, index))
            case 9: self = .updateChannelMessageViews(try UpdateChannelMessageViews(&r, index))
            case 10: self = .updateChannelMessageForwards(try UpdateChannelMessageForwards(&r, index))
            case 11: self = .updateMessagePoll(try UpdateMessagePoll(&r, index))
            case 12: self = .updatePinnedMessages(try UpdatePinnedMessages(&r, index))
            case 13: self = .updatePinnedChannelMessages(try UpdatePinnedChannelMessages(&r, index))
            case 14: self = .updateChannel(try UpdateChannel(&r, index))
            case 15: self = .updateChat(try UpdateChat(&r, index))
            case 16: self = .updateChannelAvailableMessages(try UpdateChannelAvailableMessages(&r, index))
            case 17: self = .updateReadChannelInbox(try UpdateReadChannelInbox(&r, index))
            case 18: self = .updateUserName(try UpdateUserName(&r, index))
            case 19: self = .updateDcOptions(try UpdateDcOptions(&r, index))
            case 20:
                try r.skipFields(of: index)
                self = .updateConfig
            case 21:
                try r.skipFields(of: index)
                self = .updatePtsChanged
            case 22:
                try r.skipFields(of: index)
                self = .updateLoginToken
            case 23: self = .updateServiceNotification(try UpdateServiceNotification(&r, index))
            case 24: self = .numbered(try Numbered(&r, index))
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `updates.State`.
    public struct UpdatesState: Sendable, Equatable {
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        public var pts: Int32 = 0
        public var qts: Int32 = 0
        public var date: Int32 = 0
        public var seq: Int32 = 0
        public var unreadCount: Int32 = 0

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 31) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: pts = try r.int()
                case 1: qts = try r.int()
                case 2: date = try r.int()
                case 3: seq = try r.int()
                case 4: unreadCount = try r.int()
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `updates.Difference`.
    public indirect enum UpdatesDifference: Sendable, Equatable {
        case differenceEmpty(DifferenceEmpty)
        case difference(Difference)
        case differenceSlice(DifferenceSlice)
        case differenceTooLong(DifferenceTooLong)
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct DifferenceEmpty: Sendable, Equatable {
            public var date: Int32 = 0
            public var seq: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: date = try r.int()
                    case 1: seq = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct Difference: Sendable, Equatable {
            public var newMessages: [API.Message] = []
            public var otherUpdates: [API.Update] = []
            public var chats: [API.Chat] = []
            public var users: [API.User] = []
            public var state = API.UpdatesState()
            /// The vector elements that could not be read, since a constructor in them is unknown.
            public var undecoded: [TL.Partial.Undecoded] = []
            /// Nothing behind the last of them could be read: fields that are declared after it have no value.
            public var isTruncated = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: newMessages = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Message(&r) }
                    case 1: otherUpdates = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Update(&r) }
                    case 2: chats = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Chat(&r) }
                    case 3: users = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.User(&r) }
                    case 4: state = try API.UpdatesState(&r)
                    default: break loop
                    }
                }
                undecoded = r.undecoded
                isTruncated = r.isTruncated
            }
        }

        public struct DifferenceSlice: Sendable, Equatable {
            public var newMessages: [API.Message] = []
            public var otherUpdates: [API.Update] = []
            public var chats: [API.Chat] = []
            public var users: [API.User] = []
            public var intermediateState = API.UpdatesState()
            /// The vector elements that could not be read, since a constructor in them is unknown.
            public var undecoded: [TL.Partial.Undecoded] = []
            /// Nothing behind the last of them could be read: fields that are declared after it have no value.
            public var isTruncated = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: newMessages = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Message(&r) }
                    case 1: otherUpdates = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Update(&r) }
                    case 2: chats = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Chat(&r) }
                    case 3: users = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.User(&r) }
                    case 4: intermediateState = try API.UpdatesState(&r)
                    default: break loop
                    }
                }
                undecoded = r.undecoded
                isTruncated = r.isTruncated
            }
        }

        public struct DifferenceTooLong: Sendable, Equatable {
            public var pts: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: pts = try r.int()
                    default: break loop
                    }
                }
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 32) {
            case 0: self = .differenceEmpty(try DifferenceEmpty(&r, index))
            case 1: self = .difference(try Difference(&r, index))
            case 2: self = .differenceSlice(try DifferenceSlice(&r, index))
            case 3: self = .differenceTooLong(try DifferenceTooLong(&r, index))
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `updates.ChannelDifference`.
    public indirect enum UpdatesChannelDifference: Sendable, Equatable {
        case channelDifferenceEmpty(ChannelDifferenceEmpty)
        case channelDifferenceTooLong(ChannelDifferenceTooLong)
        case channelDifference(ChannelDifference)
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct ChannelDifferenceEmpty: Sendable, Equatable {
            public var isFinal = false
            public var pts: Int32 = 0
            public var timeout: Int32?

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: isFinal = true
                    case 1: pts = try r.int()
                    case 2: timeout = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct ChannelDifferenceTooLong: Sendable, Equatable {
            public var isFinal = false
            public var timeout: Int32?
            public var dialog = API.Dialog()
            public var messages: [API.Message] = []
            public var chats: [API.Chat] = []
            public var users: [API.User] = []
            /// The vector elements that could not be read, since a constructor in them is unknown.
            public var undecoded: [TL.Partial.Undecoded] = []
            /// Nothing behind the last of them could be read: fields that are declared after it have no value.
            public var isTruncated = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: isFinal = true
                    case 1: timeout = try r.int()
                    case 2: dialog = try API.Dialog(&r)
                    case 3: messages = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Message(&r) }
                    case 4: chats = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Chat(&r) }
                    case 5: users = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.User(&r) }
                    default: break loop
                    }
                }
                undecoded = r.undecoded
                isTruncated = r.isTruncated
            }
        }

        public struct ChannelDifference: Sendable, Equatable {
            public var isFinal = false
            public var pts: Int32 = 0
            public var timeout: Int32?
            public var newMessages: [API.Message] = []
            public var otherUpdates: [API.Update] = []
            public var chats: [API.Chat] = []
            public var users: [API.User] = []
            /// The vector elements that could not be read, since a constructor in them is unknown.
            public var undecoded: [TL.Partial.Undecoded] = []
            /// Nothing behind the last of them could be read: fields that are declared after it have no value.
            public var isTruncated = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: isFinal = true
                    case 1: pts = try r.int()
                    case 2: timeout = try r.int()
                    case 3: newMessages = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Message(&r) }
                    case 4: otherUpdates = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Update(&r) }
                    case 5: chats = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Chat(&r) }
                    case 6: users = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.User(&r) }
                    default: break loop
                    }
                }
                undecoded = r.undecoded
                isTruncated = r.isTruncated
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 33) {
            case 0: self = .channelDifferenceEmpty(try ChannelDifferenceEmpty(&r, index))
            case 1: self = .channelDifferenceTooLong(try ChannelDifferenceTooLong(&r, index))
            case 2: self = .channelDifference(try ChannelDifference(&r, index))
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `messages.Messages`.
    public enum MessagesMessages: Sendable, Equatable {
        case messages(Messages)
        case messagesSlice(MessagesSlice)
        case channelMessages(ChannelMessages)
        case messagesNotModified(MessagesNotModified)
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct Messages: Sendable, Equatable {
            public var messages: [API.Message] = []
            public var topics: [API.ForumTopic] = []
            public var chats: [API.Chat] = []
            public var users: [API.User] = []
            /// The vector elements that could not be read, since a constructor in them is unknown.
            public var undecoded: [TL.Partial.Undecoded] = []
            /// Nothing behind the last of them could be read: fields that are declared after it have no value.
            public var isTruncated = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: messages = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Message(&r) }
                    case 1: topics = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.ForumTopic(&r) }
                    case 2: chats = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Chat(&r) }
                    case 3: users = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.User(&r) }
                    default: break loop
                    }
                }
                undecoded = r.undecoded
                isTruncated = r.isTruncated
            }
        }

        public struct MessagesSlice: Sendable, Equatable {
            public var count: Int32 = 0
            public var nextRate: Int32?
            public var offsetIDOffset: Int32?
            public var messages: [API.Message] = []
            public var topics: [API.ForumTopic] = []
            public var chats: [API.Chat] = []
            public var users: [API.User] = []
            public var inexact = false
            /// The vector elements that could not be read, since a constructor in them is unknown.
            public var undecoded: [TL.Partial.Undecoded] = []
            /// Nothing behind the last of them could be read: fields that are declared after it have no value.
            public var isTruncated = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: count = try r.int()
                    case 1: nextRate = try r.int()
                    case 2: offsetIDOffset = try r.int()
                    case 3: messages = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Message(&r) }
                    case 4: topics = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.ForumTopic(&r) }
                    case 5: chats = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Chat(&r) }
                    case 6: users = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.User(&r) }
                    case 7: inexact = true
                    default: break loop
                    }
                }
                undecoded = r.undecoded
                isTruncated = r.isTruncated
            }
        }

        public struct ChannelMessages: Sendable, Equatable {
            public var pts: Int32 = 0
            public var count: Int32 = 0
            public var offsetIDOffset: Int32?
            public var messages: [API.Message] = []
            public var topics: [API.ForumTopic] = []
            public var chats: [API.Chat] = []
            public var users: [API.User] = []
            public var inexact = false
            /// The vector elements that could not be read, since a constructor in them is unknown.
            public var undecoded: [TL.Partial.Undecoded] = []
            /// Nothing behind the last of them could be read: fields that are declared after it have no value.
            public var isTruncated = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: pts = try r.int()
                    case 1: count = try r.int()
                    case 2: offsetIDOffset = try r.int()
                    case 3: messages = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Message(&r) }
                    case 4: topics = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.ForumTopic(&r) }
                    case 5: chats = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Chat(&r) }
                    case 6: users = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.User(&r) }
                    case 7: inexact = true
                    default: break loop
                    }
                }
                undecoded = r.undecoded
                isTruncated = r.isTruncated
            }
        }

        public struct MessagesNotModified: Sendable, Equatable {
            public var count: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: count = try r.int()
                    default: break loop
                    }
                }
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 34) {
            case 0: self = .messages(try Messages(&r, index))
            case 1: self = .messagesSlice(try MessagesSlice(&r, index))
            case 2: self = .channelMessages(try ChannelMessages(&r, index))
            case 3: self = .messagesNotModified(try MessagesNotModified(&r, index))
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `messages.Dialogs`.
    public enum MessagesDialogs: Sendable, Equatable {
        case dialogs(Dialogs)
        case dialogsSlice(DialogsSlice)
        case dialogsNotModified(DialogsNotModified)
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct Dialogs: Sendable, Equatable {
            public var dialogs: [API.Dialog] = []
            public var messages: [API.Message] = []
            public var chats: [API.Chat] = []
            public var users: [API.User] = []
            /// The vector elements that could not be read, since a constructor in them is unknown.
            public var undecoded: [TL.Partial.Undecoded] = []
            /// Nothing behind the last of them could be read: fields that are declared after it have no value.
            public var isTruncated = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: dialogs = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Dialog(&r) }
                    case 1: messages = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Message(&r) }
                    case 2: chats = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Chat(&r) }
                    case 3: users = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.User(&r) }
                    default: break loop
                    }
                }
                undecoded = r.undecoded
                isTruncated = r.isTruncated
            }
        }

        public struct DialogsSlice: Sendable, Equatable {
            public var count: Int32 = 0
            public var dialogs: [API.Dialog] = []
            public var messages: [API.Message] = []
            public var chats: [API.Chat] = []
            public var users: [API.User] = []
            /// The vector elements that could not be read, since a constructor in them is unknown.
            public var undecoded: [TL.Partial.Undecoded] = []
            /// Nothing behind the last of them could be read: fields that are declared after it have no value.
            public var isTruncated = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: count = try r.int()
                    case 1: dialogs = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Dialog(&r) }
                    case 2: messages = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Message(&r) }
                    case 3: chats = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Chat(&r) }
                    case 4: users = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.User(&r) }
                    default: break loop
                    }
                }
                undecoded = r.undecoded
                isTruncated = r.isTruncated
            }
        }

        public struct DialogsNotModified: Sendable, Equatable {
            public var count: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: count = try r.int()
                    default: break loop
                    }
                }
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 35) {
            case 0: self = .dialogs(try Dialogs(&r, index))
            case 1: self = .dialogsSlice(try DialogsSlice(&r, index))
            case 2: self = .dialogsNotModified(try DialogsNotModified(&r, index))
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `messages.PeerDialogs`.
    public struct MessagesPeerDialogs: Sendable, Equatable {
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        public var dialogs: [API.Dialog] = []
        public var messages: [API.Message] = []
        public var chats: [API.Chat] = []
        public var users: [API.User] = []
        public var state = API.UpdatesState()
        /// The vector elements that could not be read, since a constructor in them is unknown.
        public var undecoded: [TL.Partial.Undecoded] = []
        /// Nothing behind the last of them could be read: fields that are declared after it have no value.
        public var isTruncated = false

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 36) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: dialogs = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Dialog(&r) }
                case 1: messages = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Message(&r) }
                case 2: chats = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Chat(&r) }
                case 3: users = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.User(&r) }
                case 4: state = try API.UpdatesState(&r)
                default: break loop
                }
            }
            undecoded = r.undecoded
            isTruncated = r.isTruncated
        }
    }
}

extension API {
    /// `messages.Chats`.
    public struct MessagesChats: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case chats
            case chatsSlice
            /// A constructor that is not projected: only its id is known.
            case other
        }
        public var kind = Kind.other
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        public var chats: [API.Chat] = []
        public var count: Int32?

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 37) {
            case 0: kind = .chats
            case 1: kind = .chatsSlice
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: chats = try r.vector(minimum: 4) { (r) throws(TLError) in try API.Chat(&r) }
                case 1: count = try r.int()
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `messages.ChatFull`.
    public struct MessagesChatFull: Sendable, Equatable {
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        public var fullChat = API.ChatFull()
        public var chats: [API.Chat] = []
        public var users: [API.User] = []

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 38) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: fullChat = try API.ChatFull(&r)
                case 1: chats = try r.vector(minimum: 4) { (r) throws(TLError) in try API.Chat(&r) }
                case 2: users = try r.vector(minimum: 4) { (r) throws(TLError) in try API.User(&r) }
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `ChatFull`.
    public struct ChatFull: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case chatFull
            case channelFull
            /// A constructor that is not projected: only its id is known.
            case other
        }
        public var kind = Kind.other
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        public var id: Int64 = 0
        public var about = ""
        public var pinnedMsgID: Int32?
        public var ttlPeriod: Int32?
        public var participantsCount: Int32?
        public var adminsCount: Int32?
        public var onlineCount: Int32?
        public var migratedFromChatID: Int64?
        public var migratedFromMaxID: Int32?
        public var availableMinID: Int32?
        public var linkedChatID: Int64?
        public var slowmodeSeconds: Int32?
        public var pts: Int32?
        public var hiddenPrehistory = false

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 39) {
            case 0: kind = .chatFull
            case 1: kind = .channelFull
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: id = try r.long()
                case 1: about = try r.text()
                case 2: pinnedMsgID = try r.int()
                case 3: ttlPeriod = try r.int()
                case 4: participantsCount = try r.int()
                case 5: adminsCount = try r.int()
                case 6: onlineCount = try r.int()
                case 7: migratedFromChatID = try r.long()
                case 8: migratedFromMaxID = try r.int()
                case 9: availableMinID = try r.int()
                case 10: linkedChatID = try r.long()
                case 11: slowmodeSeconds = try r.int()
                case 12: pts = try r.int()
                case 13: hiddenPrehistory = true
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `messages.AffectedMessages`.
    public struct MessagesAffectedMessages: Sendable, Equatable {
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        public var pts: Int32 = 0
        public var ptsCount: Int32 = 0

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 40) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: pts = try r.int()
                case 1: ptsCount = try r.int()
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `messages.AffectedHistory`.
    public struct MessagesAffectedHistory: Sendable, Equatable {
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        public var pts: Int32 = 0
        public var ptsCount: Int32 = 0
        public var offset: Int32 = 0

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 41) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: pts = try r.int()
                case 1: ptsCount = try r.int()
                case 2: offset = try r.int()
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `messages.InvitedUsers`.
    public struct MessagesInvitedUsers: Sendable, Equatable {
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        public var updates = API.Updates.other(0)

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 42) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: updates = try API.Updates(&r)
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `contacts.ResolvedPeer`.
    public struct ContactsResolvedPeer: Sendable, Equatable {
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        public var peer = API.Peer.other(0)
        public var chats: [API.Chat] = []
        public var users: [API.User] = []

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 43) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: peer = try API.Peer(&r)
                case 1: chats = try r.vector(minimum: 4) { (r) throws(TLError) in try API.Chat(&r) }
                case 2: users = try r.vector(minimum: 4) { (r) throws(TLError) in try API.User(&r) }
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `upload.File`.
    public enum UploadFile: Sendable, Equatable {
        case file(File)
        case fileCdnRedirect(FileCdnRedirect)
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct File: Sendable, Equatable {
            public var mtime: Int32 = 0
            public var bytes: [UInt8] = []

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: mtime = try r.int()
                    case 1: bytes = try r.blob()
                    default: break loop
                    }
                }
            }
        }

        public struct FileCdnRedirect: Sendable, Equatable {
            public var dcID: Int32 = 0
            public var fileToken: [UInt8] = []

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: dcID = try r.int()
                    case 1: fileToken = try r.blob()
                    default: break loop
                    }
                }
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 44) {
            case 0: self = .file(try File(&r, index))
            case 1: self = .fileCdnRedirect(try FileCdnRedirect(&r, index))
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `Config`.
    public struct Config: Sendable, Equatable {
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        public var date: Int32 = 0
        public var expires: Int32 = 0
        public var testMode = false
        public var thisDc: Int32 = 0
        public var dcOptions: [API.DcOption] = []
        public var dcTxtDomainName = ""
        public var chatSizeMax: Int32 = 0
        public var megagroupSizeMax: Int32 = 0
        public var tmpSessions: Int32?
        public var messageLengthMax: Int32 = 0

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 45) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: date = try r.int()
                case 1: expires = try r.int()
                case 2: testMode = try r.bool()
                case 3: thisDc = try r.int()
                case 4: dcOptions = try r.vector(minimum: 4) { (r) throws(TLError) in try API.DcOption(&r) }
                case 5: dcTxtDomainName = try r.text()
                case 6: chatSizeMax = try r.int()
                case 7: megagroupSizeMax = try r.int()
                case 8: tmpSessions = try r.int()
                case 9: messageLengthMax = try r.int()
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `DcOption`.
    public struct DcOption: Sendable, Equatable {
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        public var id: Int32 = 0
        public var ipAddress = ""
        public var port: Int32 = 0
        public var secret: [UInt8]?
        public var ipv6 = false
        public var mediaOnly = false
        public var tcpoOnly = false
        public var cdn = false
        public var isStatic = false
        public var thisPortOnly = false

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 46) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: id = try r.int()
                case 1: ipAddress = try r.text()
                case 2: port = try r.int()
                case 3: secret = try r.blob()
                case 4: ipv6 = true
                case 5: mediaOnly = true
                case 6: tcpoOnly = true
                case 7: cdn = true
                case 8: isStatic = true
                case 9: thisPortOnly = true
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `account.Password`.
    public struct AccountPassword: Sendable, Equatable {
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        public var currentAlgo: API.PasswordKdfAlgo?
        public var srpB: [UInt8]?
        public var srpID: Int64?
        public var hint: String?
        public var hasRecovery = false
        public var hasPassword = false
        public var pendingResetDate: Int32?
        public var loginEmailPattern: String?

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 47) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: currentAlgo = try API.PasswordKdfAlgo(&r)
                case 1: srpB = try r.blob()
                case 2: srpID = try r.long()
                case 3: hint = try r.text()
                case 4: hasRecovery = true
                case 5: hasPassword = true
                case 6: pendingResetDate = try r.int()
                case 7: loginEmailPattern = try r.text()
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `PasswordKdfAlgo`.
    public enum PasswordKdfAlgo: Sendable, Equatable {
        case passwordKdfAlgoUnknown
        case passwordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow(PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow)
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow: Sendable, Equatable {
            public var salt1: [UInt8] = []
            public var salt2: [UInt8] = []
            public var g: Int32 = 0
            public var p: [UInt8] = []

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: salt1 = try r.blob()
                    case 1: salt2 = try r.blob()
                    case 2: g = try r.int()
                    case 3: p = try r.blob()
                    default: break loop
                    }
                }
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 48) {
            case 0:
                try r.skipFields(of: index)
                self = .passwordKdfAlgoUnknown
            case 1: self = .passwordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow(try PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow(&r, index))
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `auth.SentCode`.
    public enum AuthSentCode: Sendable, Equatable {
        case sentCode(SentCode)
        case sentCodeSuccess(SentCodeSuccess)
        case sentCodePaymentRequired(SentCodePaymentRequired)
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct SentCode: Sendable, Equatable {
            public var type = API.AuthSentCodeType()
            public var phoneCodeHash = ""
            public var nextType: API.AuthCodeType?
            public var timeout: Int32?

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: type = try API.AuthSentCodeType(&r)
                    case 1: phoneCodeHash = try r.text()
                    case 2: nextType = try API.AuthCodeType(&r)
                    case 3: timeout = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct SentCodeSuccess: Sendable, Equatable {
            public var authorization = API.AuthAuthorization.other(0)

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: authorization = try API.AuthAuthorization(&r)
                    default: break loop
                    }
                }
            }
        }

        public struct SentCodePaymentRequired: Sendable, Equatable {
            public var phoneCodeHash = ""
            public var storeProduct = ""

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: phoneCodeHash = try r.text()
                    case 1: storeProduct = try r.text()
                    default: break loop
                    }
                }
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 49) {
            case 0: self = .sentCode(try SentCode(&r, index))
            case 1: self = .sentCodeSuccess(try SentCodeSuccess(&r, index))
            case 2: self = .sentCodePaymentRequired(try SentCodePaymentRequired(&r, index))
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `auth.SentCodeType`.
    public struct AuthSentCodeType: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case sentCodeTypeApp
            case sentCodeTypeSms
            case sentCodeTypeCall
            case sentCodeTypeFlashCall
            case sentCodeTypeMissedCall
            case sentCodeTypeEmailCode
            case sentCodeTypeSetUpEmailRequired
            case sentCodeTypeFragmentSms
            case sentCodeTypeFirebaseSms
            case sentCodeTypeSmsWord
            case sentCodeTypeSmsPhrase
            /// A constructor that is not projected: only its id is known.
            case other
        }
        public var kind = Kind.other
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        public var length: Int32?
        public var pattern: String?
        public var prefix: String?
        public var emailPattern: String?
        public var url: String?
        public var beginning: String?

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 50) {
            case 0: kind = .sentCodeTypeApp
            case 1: kind = .sentCodeTypeSms
            case 2: kind = .sentCodeTypeCall
            case 3: kind = .sentCodeTypeFlashCall
            case 4: kind = .sentCodeTypeMissedCall
            case 5: kind = .sentCodeTypeEmailCode
            case 6: kind = .sentCodeTypeSetUpEmailRequired
            case 7: kind = .sentCodeTypeFragmentSms
            case 8: kind = .sentCodeTypeFirebaseSms
            case 9: kind = .sentCodeTypeSmsWord
            case 10: kind = .sentCodeTypeSmsPhrase
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: length = try r.int()
                case 1: pattern = try r.text()
                case 2: prefix = try r.text()
                case 3: emailPattern = try r.text()
                case 4: url = try r.text()
                case 5: beginning = try r.text()
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `auth.CodeType`.
    public enum AuthCodeType: Sendable, Equatable {
        case codeTypeSms
        case codeTypeCall
        case codeTypeFlashCall
        case codeTypeMissedCall
        case codeTypeFragmentSms
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 51) {
            case 0:
                try r.skipFields(of: index)
                self = .codeTypeSms
            case 1:
                try r.skipFields(of: index)
                self = .codeTypeCall
            case 2:
                try r.skipFields(of: index)
                self = .codeTypeFlashCall
            case 3:
                try r.skipFields(of: index)
                self = .codeTypeMissedCall
            case 4:
                try r.skipFields(of: index)
                self = .codeTypeFragmentSms
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `auth.Authorization`.
    public enum AuthAuthorization: Sendable, Equatable {
        case authorization(Authorization)
        case authorizationSignUpRequired
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct Authorization: Sendable, Equatable {
            public var user = API.User()
            public var tmpSessions: Int32?
            public var setupPasswordRequired = false
            public var otherwiseReloginDays: Int32?

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: user = try API.User(&r)
                    case 1: tmpSessions = try r.int()
                    case 2: setupPasswordRequired = true
                    case 3: otherwiseReloginDays = try r.int()
                    default: break loop
                    }
                }
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 52) {
            case 0: self = .authorization(try Authorization(&r, index))
            case 1:
                try r.skipFields(of: index)
                self = .authorizationSignUpRequired
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `auth.LoginToken`.
    public enum AuthLoginToken: Sendable, Equatable {
        case loginToken(LoginToken)
        case loginTokenMigrateTo(LoginTokenMigrateTo)
        case loginTokenSuccess(LoginTokenSuccess)
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct LoginToken: Sendable, Equatable {
            public var expires: Int32 = 0
            public var token: [UInt8] = []

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: expires = try r.int()
                    case 1: token = try r.blob()
                    default: break loop
                    }
                }
            }
        }

        public struct LoginTokenMigrateTo: Sendable, Equatable {
            public var dcID: Int32 = 0
            public var token: [UInt8] = []

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: dcID = try r.int()
                    case 1: token = try r.blob()
                    default: break loop
                    }
                }
            }
        }

        public struct LoginTokenSuccess: Sendable, Equatable {
            public var authorization = API.AuthAuthorization.other(0)

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: authorization = try API.AuthAuthorization(&r)
                    default: break loop
                    }
                }
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 53) {
            case 0: self = .loginToken(try LoginToken(&r, index))
            case 1: self = .loginTokenMigrateTo(try LoginTokenMigrateTo(&r, index))
            case 2: self = .loginTokenSuccess(try LoginTokenSuccess(&r, index))
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `auth.ExportedAuthorization`.
    public struct AuthExportedAuthorization: Sendable, Equatable {
        /// The id; 0 when it was made from its dynamic form.
        public var constructor: UInt32 = 0
        public var id: Int64 = 0
        public var bytes: [UInt8] = []

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 54) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: id = try r.long()
                case 1: bytes = try r.blob()
                default: break loop
                }
            }
        }
    }
}

extension API.Peer {
    /// What the dynamic form of such an object tells of the fields that the projection asks for.
    public init(_ object: TLObject) {
        switch object.name {
        case "peerUser": self = .peerUser(PeerUser(object))
        case "peerChat": self = .peerChat(PeerChat(object))
        case "peerChannel": self = .peerChannel(PeerChannel(object))
        default: self = .other(TL.constructorID(object.name) ?? 0)
        }
    }
}

extension API.Peer.PeerUser {
    init(_ object: TLObject) {
        if let v = object["user_id"]?.int { userID = v }
    }
}

extension API.Peer.PeerChat {
    init(_ object: TLObject) {
        if let v = object["chat_id"]?.int { chatID = v }
    }
}

extension API.Peer.PeerChannel {
    init(_ object: TLObject) {
        if let v = object["channel_id"]?.int { channelID = v }
    }
}

extension API.Message {
    /// What the dynamic form of such an object tells of the fields that the projection asks for.
    public init(_ object: TLObject) {
        self.init()
        switch object.name {
        case "messageEmpty": kind = .messageEmpty
        case "message": kind = .message
        case "messageService": kind = .messageService
        default: return
        }
        if let v = object.int32("id") { id = v }
        peerID = object["peer_id"]?.object.map({ API.Peer($0) })
        fromID = object["from_id"]?.object.map({ API.Peer($0) })
        fwdFrom = object["fwd_from"]?.object.map({ API.MessageFwdHeader($0) })
        viaBotID = object["via_bot_id"]?.int
        replyTo = object["reply_to"]?.object.map({ API.MessageReplyHeader($0) })
        date = object.int32("date")
        message = object["message"]?.string
        media = object["media"]?.object.map({ API.MessageMedia($0) })
        if let v = object["entities"]?.vector?.compactMap({ $0.object.map { API.MessageEntity($0) } }) { entities = v }
        views = object.int32("views")
        forwards = object.int32("forwards")
        editDate = object.int32("edit_date")
        postAuthor = object["post_author"]?.string
        groupedID = object["grouped_id"]?.int
        reactions = object["reactions"]?.object.map({ API.MessageReactions($0) })
        ttlPeriod = object.int32("ttl_period")
        if let v = object["out"]?.bool { out = v }
        if let v = object["mentioned"]?.bool { mentioned = v }
        if let v = object["media_unread"]?.bool { mediaUnread = v }
        if let v = object["silent"]?.bool { silent = v }
        if let v = object["post"]?.bool { post = v }
        if let v = object["from_scheduled"]?.bool { fromScheduled = v }
        if let v = object["legacy"]?.bool { legacy = v }
        if let v = object["edit_hide"]?.bool { editHide = v }
        if let v = object["pinned"]?.bool { pinned = v }
        if let v = object["noforwards"]?.bool { noforwards = v }
        if let v = object["offline"]?.bool { offline = v }
        action = object["action"]?.object.map({ API.MessageAction($0) })
    }
}

extension API.MessageEntity {
    /// What the dynamic form of such an object tells of the fields that the projection asks for.
    public init(_ object: TLObject) {
        self.init()
        switch object.name {
        case "messageEntityPre": kind = .messageEntityPre
        case "messageEntityTextUrl": kind = .messageEntityTextUrl
        case "messageEntityMentionName": kind = .messageEntityMentionName
        case "messageEntityCustomEmoji": kind = .messageEntityCustomEmoji
        case "messageEntityBlockquote": kind = .messageEntityBlockquote
        case "messageEntityFormattedDate": kind = .messageEntityFormattedDate
        case "inputMessageEntityMentionName": kind = .inputMessageEntityMentionName
        case "messageEntityBankCard": kind = .messageEntityBankCard
        case "messageEntityBold": kind = .messageEntityBold
        case "messageEntityBotCommand": kind = .messageEntityBotCommand
        case "messageEntityCashtag": kind = .messageEntityCashtag
        case "messageEntityCode": kind = .messageEntityCode
        case "messageEntityDiffDelete": kind = .messageEntityDiffDelete
        case "messageEntityDiffInsert": kind = .messageEntityDiffInsert
        case "messageEntityDiffReplace": kind = .messageEntityDiffReplace
        case "messageEntityEmail": kind = .messageEntityEmail
        case "messageEntityHashtag": kind = .messageEntityHashtag
        case "messageEntityItalic": kind = .messageEntityItalic
        case "messageEntityMention": kind = .messageEntityMention
        case "messageEntityPhone": kind = .messageEntityPhone
        case "messageEntitySpoiler": kind = .messageEntitySpoiler
        case "messageEntityStrike": kind = .messageEntityStrike
        case "messageEntityUnderline": kind = .messageEntityUnderline
        case "messageEntityUnknown": kind = .messageEntityUnknown
        case "messageEntityUrl": kind = .messageEntityUrl
        default: return
        }
        if let v = object.int32("offset") { offset = v }
        if let v = object.int32("length") { length = v }
        language = object["language"]?.string
        url = object["url"]?.string
        if kind == .messageEntityMentionName { userID = object["user_id"]?.int }
        documentID = object["document_id"]?.int
        if let v = object["collapsed"]?.bool { collapsed = v }
        date = object.int32("date")
    }
}

extension API.MessageReplyHeader {
    /// What the dynamic form of such an object tells of the fields that the projection asks for.
    public init(_ object: TLObject) {
        self.init()
        switch object.name {
        case "messageReplyHeader": kind = .messageReplyHeader
        case "messageReplyStoryHeader": kind = .messageReplyStoryHeader
        default: return
        }
        replyToMsgID = object.int32("reply_to_msg_id")
        replyToPeerID = object["reply_to_peer_id"]?.object.map({ API.Peer($0) })
        replyToTopID = object.int32("reply_to_top_id")
        quoteText = object["quote_text"]?.string
        quoteOffset = object.int32("quote_offset")
        if let v = object["forum_topic"]?.bool { forumTopic = v }
        if let v = object["quote"]?.bool { quote = v }
        if let v = object["reply_to_scheduled"]?.bool { replyToScheduled = v }
        peer = object["peer"]?.object.map({ API.Peer($0) })
        storyID = object.int32("story_id")
    }
}

extension API.MessageFwdHeader {
    /// What the dynamic form of such an object tells of the fields that the projection asks for.
    public init(_ object: TLObject) {
        self.init()
        switch object.name {
        case "messageFwdHeader": break
        default: return
        }
        fromID = object["from_id"]?.object.map({ API.Peer($0) })
        fromName = object["from_name"]?.string
        if let v = object.int32("date") { date = v }
        channelPost = object.int32("channel_post")
        postAuthor = object["post_author"]?.string
        savedFromPeer = object["saved_from_peer"]?.object.map({ API.Peer($0) })
        savedFromMsgID = object.int32("saved_from_msg_id")
        savedFromID = object["saved_from_id"]?.object.map({ API.Peer($0) })
        savedFromName = object["saved_from_name"]?.string
        savedDate = object.int32("saved_date")
        psaType = object["psa_type"]?.string
        if let v = object["imported"]?.bool { imported = v }
        if let v = object["saved_out"]?.bool { savedOut = v }
    }
}

extension API.MessageReactions {
    /// What the dynamic form of such an object tells of the fields that the projection asks for.
    public init(_ object: TLObject) {
        self.init()
        switch object.name {
        case "messageReactions": break
        default: return
        }
        if let v = object["results"]?.vector?.compactMap({ $0.object.map { API.ReactionCount($0) } }) { results = v }
        if let v = object["min"]?.bool { min = v }
        if let v = object["can_see_list"]?.bool { canSeeList = v }
        if let v = object["reactions_as_tags"]?.bool { reactionsAsTags = v }
    }
}

extension API.ReactionCount {
    /// What the dynamic form of such an object tells of the fields that the projection asks for.
    public init(_ object: TLObject) {
        self.init()
        switch object.name {
        case "reactionCount": break
        default: return
        }
        if let v = object["reaction"]?.object.map({ API.Reaction($0) }) { reaction = v }
        if let v = object.int32("count") { count = v }
    }
}

extension API.Reaction {
    /// What the dynamic form of such an object tells of the fields that the projection asks for.
    public init(_ object: TLObject) {
        switch object.name {
        case "reactionEmpty": self = .reactionEmpty
        case "reactionEmoji": self = .reactionEmoji(ReactionEmoji(object))
        case "reactionCustomEmoji": self = .reactionCustomEmoji(ReactionCustomEmoji(object))
        case "reactionPaid": self = .reactionPaid
        default: self = .other(TL.constructorID(object.name) ?? 0)
        }
    }
}

extension API.Reaction.ReactionEmoji {
    init(_ object: TLObject) {
        if let v = object["emoticon"]?.string { emoticon = v }
    }
}

extension API.Reaction.ReactionCustomEmoji {
    init(_ object: TLObject) {
        if let v = object["document_id"]?.int { documentID = v }
    }
}

extension API.MessageMedia {
    /// What the dynamic form of such an object tells of the fields that the projection asks for.
    public init(_ object: TLObject) {
        switch object.name {
        case "messageMediaEmpty": self = .messageMediaEmpty
        case "messageMediaPhoto": self = .messageMediaPhoto(MessageMediaPhoto(object))
        case "messageMediaDocument": self = .messageMediaDocument(MessageMediaDocument(object))
        case "messageMediaWebPage": self = .messageMediaWebPage(MessageMediaWebPage(object))
        case "messageMediaPoll": self = .messageMediaPoll(MessageMediaPoll(object))
        case "messageMediaContact": self = .messageMediaContact(MessageMediaContact(object))
        case "messageMediaUnsupported": self = .messageMediaUnsupported
        case "messageMediaGeo": self = .messageMediaGeo
        case "messageMediaGeoLive": self = .messageMediaGeoLive
        case "messageMediaVenue": self = .messageMediaVenue
        case "messageMediaGame": self = .messageMediaGame
        case "messageMediaInvoice": self = .messageMediaInvoice
        case "messageMediaDice": self = .messageMediaDice
        case "messageMediaStory": self = .messageMediaStory
        case "messageMediaGiveaway": self = .messageMediaGiveaway
        case "messageMediaGiveawayResults": self = .messageMediaGiveawayResults
        case "messageMediaPaidMedia": self = .messageMediaPaidMedia
        case "messageMediaToDo": self = .messageMediaToDo
        default: self = .other(TL.constructorID(object.name) ?? 0)
        }
    }
}

extension API.MessageMedia.MessageMediaPhoto {
    init(_ object: TLObject) {
        photo = object["photo"]?.object.map({ API.Photo($0) })
        ttlSeconds = object.int32("ttl_seconds")
        if let v = object["spoiler"]?.bool { spoiler = v }
    }
}

extension API.MessageMedia.MessageMediaDocument {
    init(_ object: TLObject) {
        document = object["document"]?.object.map({ API.Document($0) })
        ttlSeconds = object.int32("ttl_seconds")
        if let v = object["spoiler"]?.bool { spoiler = v }
        if let v = object["video"]?.bool { video = v }
        if let v = object["round"]?.bool { round = v }
        if let v = object["voice"]?.bool { voice = v }
        if let v = object["nopremium"]?.bool { nopremium = v }
    }
}

extension API.MessageMedia.MessageMediaWebPage {
    init(_ object: TLObject) {
        if let v = object["webpage"]?.object.map({ API.WebPage($0) }) { webpage = v }
    }
}

extension API.MessageMedia.MessageMediaPoll {
    init(_ object: TLObject) {
        if let v = object["poll"]?.object.map({ API.Poll($0) }) { poll = v }
        if let v = object["results"]?.object.map({ API.PollResults($0) }) { results = v }
    }
}

extension API.MessageMedia.MessageMediaContact {
    init(_ object: TLObject) {
        if let v = object["first_name"]?.string { firstName = v }
        if let v = object["last_name"]?.string { lastName = v }
        if let v = object["user_id"]?.int { userID = v }
    }
}

extension API.Photo {
    /// What the dynamic form of such an object tells of the fields that the projection asks for.
    public init(_ object: TLObject) {
        self.init()
        switch object.name {
        case "photoEmpty": kind = .photoEmpty
        case "photo": kind = .photo
        default: return
        }
        if let v = object["id"]?.int { id = v }
        if let v = object["sizes"]?.vector?.compactMap({ $0.object.map { API.PhotoSize($0) } }) { sizes = v }
    }
}

extension API.PhotoSize {
    /// What the dynamic form of such an object tells of the fields that the projection asks for.
    public init(_ object: TLObject) {
        self.init()
        switch object.name {
        case "photoSizeEmpty": kind = .photoSizeEmpty
        case "photoSize": kind = .photoSize
        case "photoCachedSize": kind = .photoCachedSize
        case "photoStrippedSize": kind = .photoStrippedSize
        case "photoSizeProgressive": kind = .photoSizeProgressive
        case "photoPathSize": kind = .photoPathSize
        default: return
        }
        if let v = object["type"]?.string { type = v }
        w = object.int32("w")
        h = object.int32("h")
        size = object.int32("size")
        if let v = object["sizes"]?.vector?.compactMap({ $0.int.map { Int32(truncatingIfNeeded: $0) } }) { sizes = v }
    }
}

extension API.Document {
    /// What the dynamic form of such an object tells of the fields that the projection asks for.
    public init(_ object: TLObject) {
        self.init()
        switch object.name {
        case "documentEmpty": kind = .documentEmpty
        case "document": kind = .document
        default: return
        }
        if let v = object["id"]?.int { id = v }
        mimeType = object["mime_type"]?.string
        size = object["size"]?.int
        if let v = object["attributes"]?.vector?.compactMap({ $0.object.map { API.DocumentAttribute($0) } }) { attributes = v }
    }
}

extension API.DocumentAttribute {
    /// What the dynamic form of such an object tells of the fields that the projection asks for.
    public init(_ object: TLObject) {
        switch object.name {
        case "documentAttributeImageSize": self = .documentAttributeImageSize(DocumentAttributeImageSize(object))
        case "documentAttributeAnimated": self = .documentAttributeAnimated
        case "documentAttributeSticker": self = .documentAttributeSticker(DocumentAttributeSticker(object))
        case "documentAttributeVideo": self = .documentAttributeVideo(DocumentAttributeVideo(object))
        case "documentAttributeAudio": self = .documentAttributeAudio(DocumentAttributeAudio(object))
        case "documentAttributeFilename": self = .documentAttributeFilename(DocumentAttributeFilename(object))
        case "documentAttributeHasStickers": self = .documentAttributeHasStickers
        case "documentAttributeCustomEmoji": self = .documentAttributeCustomEmoji(DocumentAttributeCustomEmoji(object))
        default: self = .other(TL.constructorID(object.name) ?? 0)
        }
    }
}

extension API.DocumentAttribute.DocumentAttributeImageSize {
    init(_ object: TLObject) {
        if let v = object.int32("w") { w = v }
        if let v = object.int32("h") { h = v }
    }
}

extension API.DocumentAttribute.DocumentAttributeSticker {
    init(_ object: TLObject) {
        if let v = object["alt"]?.string { alt = v }
    }
}

extension API.DocumentAttribute.DocumentAttributeVideo {
    init(_ object: TLObject) {
        if let v = object["duration"]?.double { duration = v }
        if let v = object.int32("w") { w = v }
        if let v = object.int32("h") { h = v }
        if let v = object["round_message"]?.bool { roundMessage = v }
    }
}

extension API.DocumentAttribute.DocumentAttributeAudio {
    init(_ object: TLObject) {
        if let v = object.int32("duration") { duration = v }
        title = object["title"]?.string
        performer = object["performer"]?.string
        if let v = object["voice"]?.bool { voice = v }
    }
}

extension API.DocumentAttribute.DocumentAttributeFilename {
    init(_ object: TLObject) {
        if let v = object["file_name"]?.string { fileName = v }
    }
}

extension API.DocumentAttribute.DocumentAttributeCustomEmoji {
    init(_ object: TLObject) {
        if let v = object["alt"]?.string { alt = v }
    }
}

extension API.WebPage {
    /// What the dynamic form of such an object tells of the fields that the projection asks for.
    public init(_ object: TLObject) {
        self.init()
        switch object.name {
        case "webPageEmpty": kind = .webPageEmpty
        case "webPagePending": kind = .webPagePending
        case "webPage": kind = .webPage
        case "webPageNotModified": kind = .webPageNotModified
        default: return
        }
        id = object["id"]?.int
        url = object["url"]?.string
        date = object.int32("date")
        type = object["type"]?.string
        siteName = object["site_name"]?.string
        title = object["title"]?.string
        description = object["description"]?.string
        author = object["author"]?.string
    }
}

extension API.Poll {
    /// What the dynamic form of such an object tells of the fields that the projection asks for.
    public init(_ object: TLObject) {
        self.init()
        switch object.name {
        case "poll": break
        default: return
        }
        if let v = object["id"]?.int { id = v }
        if let v = object["question"].flatMap(API.TextWithEntities.init(value:)) { question = v }
        if let v = object["answers"]?.vector?.compactMap({ $0.object.map { API.PollAnswer($0) } }) { answers = v }
        if let v = object["closed"]?.bool { closed = v }
        if let v = object["public_voters"]?.bool { publicVoters = v }
        if let v = object["multiple_choice"]?.bool { multipleChoice = v }
        if let v = object["quiz"]?.bool { quiz = v }
        closePeriod = object.int32("close_period")
        closeDate = object.int32("close_date")
    }
}

extension API.PollAnswer {
    /// What the dynamic form of such an object tells of the fields that the projection asks for.
    public init(_ object: TLObject) {
        self.init()
        switch object.name {
        case "pollAnswer": break
        default: return
        }
        if let v = object["text"].flatMap(API.TextWithEntities.init(value:)) { text = v }
        if let v = object["option"]?.bytes { option = v }
    }
}

extension API.PollResults {
    /// What the dynamic form of such an object tells of the fields that the projection asks for.
    public init(_ object: TLObject) {
        self.init()
        switch object.name {
        case "pollResults": break
        default: return
        }
        if let v = object["results"]?.vector?.compactMap({ $0.object.map { API.PollAnswerVoters($0) } }) { results = v }
        totalVoters = object.int32("total_voters")
        if let v = object["min"]?.bool { min = v }
    }
}

extension API.PollAnswerVoters {
    /// What the dynamic form of such an object tells of the fields that the projection asks for.
    public init(_ object: TLObject) {
        self.init()
        switch object.name {
        case "pollAnswerVoters": break
        default: return
        }
        if let v = object["option"]?.bytes { option = v }
        voters = object.int32("voters")
        if let v = object["correct"]?.bool { correct = v }
    }
}

extension API.TextWithEntities {
    /// What the dynamic form of such an object tells of the fields that the projection asks for.
    public init(_ object: TLObject) {
        self.init()
        switch object.name {
        case "textWithEntities": break
        default: return
        }
        if let v = object["text"]?.string { text = v }
    }
}

extension API.MessageAction {
    /// What the dynamic form of such an object tells of the fields that the projection asks for.
    public init(_ object: TLObject) {
        switch object.name {
        case "messageActionChatCreate": self = .messageActionChatCreate(MessageActionChatCreate(object))
        case "messageActionChatEditTitle": self = .messageActionChatEditTitle(MessageActionChatEditTitle(object))
        case "messageActionChannelCreate": self = .messageActionChannelCreate(MessageActionChannelCreate(object))
        case "messageActionChatMigrateTo": self = .messageActionChatMigrateTo(MessageActionChatMigrateTo(object))
        case "messageActionChannelMigrateFrom": self = .messageActionChannelMigrateFrom(MessageActionChannelMigrateFrom(object))
        case "messageActionTopicCreate": self = .messageActionTopicCreate(MessageActionTopicCreate(object))
        case "messageActionTopicEdit": self = .messageActionTopicEdit(MessageActionTopicEdit(object))
        default: self = .other(TL.constructorID(object.name) ?? 0)
        }
    }
}

extension API.MessageAction.MessageActionChatCreate {
    init(_ object: TLObject) {
        if let v = object["title"]?.string { title = v }
    }
}

extension API.MessageAction.MessageActionChatEditTitle {
    init(_ object: TLObject) {
        if let v = object["title"]?.string { title = v }
    }
}

extension API.MessageAction.MessageActionChannelCreate {
    init(_ object: TLObject) {
        if let v = object["title"]?.string { title = v }
    }
}

extension API.MessageAction.MessageActionChatMigrateTo {
    init(_ object: TLObject) {
        if let v = object["channel_id"]?.int { channelID = v }
    }
}

extension API.MessageAction.MessageActionChannelMigrateFrom {
    init(_ object: TLObject) {
        if let v = object["title"]?.string { title = v }
        if let v = object["chat_id"]?.int { chatID = v }
    }
}

extension API.MessageAction.MessageActionTopicCreate {
    init(_ object: TLObject) {
        if let v = object["title"]?.string { title = v }
    }
}

extension API.MessageAction.MessageActionTopicEdit {
    init(_ object: TLObject) {
        title = object["title"]?.string
        closed = object["closed"]?.bool
        hidden = object["hidden"]?.bool
    }
}
