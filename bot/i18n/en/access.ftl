access-pairing-code =
    Hello. I don't know you yet, so somebody who runs me has to let you in first.

    Your code is **{ $code }**. Pass it on, so that they send me this: `/pair { $code }`

    It is good for { $minutes } minutes. I'll tell you here as soon as it is approved.
access-closed = Hello. I can only talk to people on my list, and you are not on it. Ask whoever runs me to add you.
access-group-not-allowed = I'm not allowed to talk in this group yet. Whoever runs me can allow it by writing /allow here.
access-now-admin = Done: from now on you run me. Write /help to see everything you can ask for.
access-slow-down =
    { $seconds ->
        [one] You are faster than I am. Give me a second and we'll go on.
       *[other] You are faster than I am. Give me { $seconds } seconds and we'll go on.
    }
access-day-spent =
    { $limit ->
        [one] That's all for today: one message a day. We can go on tomorrow, from { $time }.
       *[other] That's all for today: { $limit } messages a day. We can go on tomorrow, from { $time }.
    }
access-paired = You're in! I may talk to you now. Tell me anything you like, or write /help to see what I can do.
