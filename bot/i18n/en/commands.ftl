# What each command does (at most 100 characters: Discord takes no more) and how it is written.

command-start = Who I am and where to begin
command-start-usage = /start
command-help = Everything you can ask me for
command-help-usage = /help [COMMAND]
command-new = Begin a new conversation; what was said is not forgotten
command-new-usage = /new
command-stop = Stop writing the answer I'm at
command-stop-usage = /stop
command-retry = Answer your last question again
command-retry-usage = /retry
command-remember = Keep something to remember
command-remember-usage = /remember TEXT
command-memories = What I remember of what you told me here
command-memories-usage = /memories [PAGE] [WORDS]
command-forget = Forget one memory, some days or everything
command-forget-usage = /forget NUMBER | DAYS | everything
command-export = Send you a file with all I have about you
command-export-usage = /export
command-privacy = What I keep of what you say, and what for
command-privacy-usage = /privacy [remember|learn|group on|off]
command-language = The language I speak with you
command-language-usage = /language [es|en]
command-link = Link your Telegram and Discord accounts, so that they share one memory
command-link-usage = /link [CODE | remove PLATFORM]
command-persona = How you want me to talk to you
command-persona-usage = /persona [TEXT | reset]
command-status = How I am: model, queue, memory and disk
command-status-usage = /status
command-pair = Let in whoever shows you their code
command-pair-usage = /pair [CODE]
command-allow = Allow this group, a person, a server or a role
command-allow-usage = /allow [list | [remove] [admin|person|group|server|role] [ID]]
command-ban = Keep out a person, a group, a server or a role
command-ban-usage = /ban [list | [remove] [person|group|server|role] ID]
command-model = Which model answers; choose another or update it
command-model-usage = /model [choose NAME | update]

# Any command

commands-unknown = I don't know the command /{ $name }. /help shows all there are.
commands-unknown-near = I don't know the command /{ $name }. Did you mean /{ $near }?
commands-admins-only = That command is only for whoever runs me.
commands-direct-only = Better between the two of us: write me /{ $name } in a direct chat.
commands-group-admins-only = Only this group's administrators can change that.

# Talking

commands-start =
    Hello, I'm **{ $name }**. I talk with you, remember what you tell me, and look it up when it helps.

    Just write to me as you would to anybody. /privacy decides what I keep of what you say, and /forget makes me forget it.
commands-start-help = What can you do?
commands-help = Talk to me as you would to anybody. You can also ask me for these:
commands-help-admin = And, since you run me:
commands-new = A fresh start. I still remember what came before, but it's no longer in front of me.
commands-stopped = All right, I'll leave it there.
commands-nothing-to-stop = I wasn't answering anything.
commands-nothing-to-retry = There is no answer to repeat yet.

# Memories

commands-when = { DATETIME($at, dateStyle: "medium", timeStyle: "short") }
commands-on-day = on { $day }
commands-between-days = between { $first } and { $last }
commands-day = { DATETIME($day, dateStyle: "long") }
commands-remember-what = What shall I remember? Write it after the command: `/remember My dog is called Toby`
commands-remembered = Kept. It is memory { $number }.
commands-memory-forget = Forget { $number }
commands-memories =
    { $total ->
        [one] I remember one thing you told me here:
       *[other] I remember { $total } things you told me here. Page { $page } of { $pages }, newest first:
    }
commands-memories-more = Show more
commands-memories-none = I don't remember anything else you told me here.
commands-memories-none-with = I don't remember anything else you told me here with “{ $words }”.
commands-forget-what =
    Tell me what to forget:

    - one memory, by its number (/memories shows them): `/forget 12`
    - some days: `/forget today`, `/forget yesterday`, `/forget 2026-05`, `/forget 2026-05-01..2026-05-15`
    - everything: `/forget everything`
commands-forget-everything = Forget everything
commands-forget-not-found = I can't find { $number } among your memories here. /memories shows which there are.
commands-forget-empty = I remember nothing of yours here { $days }.
commands-forget-sure =
    { $count ->
        [one] I'm about to forget one thing you told me here { $days }, and what I answered. It cannot be undone. Are you sure?
       *[other] I'm about to forget { $count } things you told me here { $days }, and what I answered. It cannot be undone. Are you sure?
    }
commands-forget-sure-everywhere = I'm about to forget everything you ever told me, anywhere, and your settings. It cannot be undone. If you want a copy, ask for it first with /export. Are you sure?
commands-forget-sure-here = I'm about to forget everything you told me in this group, and what I answered. It cannot be undone. Are you sure?
commands-yes-forget = Yes, forget it
commands-forgot-one = Memory { $number } is forgotten.
commands-forgot =
    { $count ->
        [0] There was nothing to forget.
        [one] Forgotten: one thing less.
       *[other] Forgotten: { $count } things less.
    }
commands-export = Here is everything I keep about you.

# One's own settings

commands-privacy = This is what I do with what you say.
commands-privacy-remembers-on = - I **remember** what you tell me (`remember on`).
commands-privacy-remembers-off = - I **don't remember** what you tell me, except what you keep with /remember (`remember off`).
commands-privacy-learns-on = - I **learn** to answer better from our conversations (`learn on`).
commands-privacy-learns-off = - I **don't learn** from our conversations (`learn off`).
commands-privacy-group-on = - In this group I **listen to everybody**, also to what isn't said to me (`group on`).
commands-privacy-group-off = - In this group I only mind what is said to me (`group off`).
commands-privacy-remember-turn-on = Remember
commands-privacy-remember-turn-off = Don't remember
commands-privacy-learn-turn-on = Learn
commands-privacy-learn-turn-off = Don't learn
commands-privacy-group-turn-on = Listen to the group
commands-privacy-group-turn-off = Don't listen to the group
commands-remembers-on = All right: from now on I remember what you tell me.
commands-remembers-off = All right: from now on I don't remember what you tell me, except what you keep with /remember. What came before is still there; /forget removes it.
commands-learns-on = Thank you: from now on I learn from what we talk about.
commands-learns-off = All right: I don't learn from what we talk about.
commands-group-listens-on = From now on I listen to everything said in this group, so that I can remember it here. Whoever doesn't want me to remember their words can write me /privacy remember off.
commands-group-listens-off = From now on I only mind what is said to me.
commands-language = ¿En qué idioma te hablo? / Which language shall I speak?
commands-language-set = All right, I'll speak English with you.
commands-link =
    Your accounts: { $accounts }

    To link another, write me from it: `/link { $code }`

    The code is good for { $minutes } minutes. Only send it from an account of yours: both will share every memory.
commands-link-sure = That code belongs to the account `{ $account }` ({ $name }). If I link them, both will share every memory and permission. Is that account yours?
commands-link-yes = Yes, it's mine
commands-link-done = Done: this account and `{ $account }` are the same person to me now.
commands-link-wrong = That code is no good: mistyped, expired or used already. Ask for another with /link from your other account.
commands-link-later = Too many codes are waiting just now. Try again in a few minutes.
commands-link-same = You made that code, and this account is yours already. Send it from the other one.
commands-link-remove-which = Which one shall I separate? Write `/link remove PLATFORM`. Your accounts: { $accounts }. The only one left cannot be separated.
commands-link-removed = The account `{ $account }` goes its own way again. The memories stay with the others.
commands-persona-shown =
    This is how I talk to you now:

    { $persona }

    To go back to how I was made: `/persona reset`
commands-persona-none = I talk to you the way I was made. Tell me how you'd rather have it: `/persona Be brief and formal`
commands-persona-long = That's too long: at most { $limit } characters.
commands-persona-set = All right, that's how I'll talk from now on.
commands-persona-reset = All right, I'm back to how I was made.

# Administration

commands-status = **How I am**
commands-status-up = - Up for { $days } d { $hours } h { $minutes } min
commands-status-model = - Model: { $model } ({ $provider })
commands-status-model-adapted = - Model: { $model } ({ $provider }), with the adapter { $adapter }
commands-status-model-none = - Model: none; I answer from memory
commands-status-line = - Answering: { $answering }; in line: { $waiting }
commands-status-people = - People: { $people }; messages today: { $messages }
commands-status-memory = - Turns: { $turns }; memories: { $memories }
commands-status-nightly = - Last nightly work: { DATETIME($at, dateStyle: "medium", timeStyle: "short") }
commands-status-nightly-none = - Last nightly work: none yet
commands-status-disk = - Free disk: { $free } GiB
commands-pair-waiting = These wait for you to let them in, with the code they show you:
commands-pair-none = Nobody is waiting. When somebody shows you their code: `/pair CODE`
commands-pair-wrong = That code is no good: mistyped, expired or used already. They last ten minutes; ask for a new one.
commands-paired = Done: { $name } (`{ $account }`) may talk to me now, and I have told them.
commands-allow-list = **Who may talk to me**
commands-ban-list = **Whom I keep out**
commands-list-empty = Nobody.
commands-kind-person = the person { $subject }
commands-kind-chat = the group { $subject }
commands-kind-server = the server { $subject }
commands-kind-role = the role { $subject }
commands-grant-admin = admin
commands-grant-allowed = allowed
commands-grant-banned = kept out
commands-grant-configured = (in config.toml)
commands-allow-what = Tell me whom, by their id and not by their name: `/allow telegram:123`, `/allow group -100123`, `/allow role 9`, `/allow admin discord:7`. In a group, a bare `/allow` allows the group, or whoever you reply to. To take it back: `/allow remove …`
commands-ban-what = Tell me whom, by their id and not by their name: `/ban telegram:123`, `/ban group -100123`; or reply with /ban to a message of theirs. To lift it: `/ban remove …`
commands-ban-admin = I can't keep out somebody who runs me. Take that from them first: `/allow remove admin …`
commands-allowed = Done: { $subject } is allowed.
commands-now-admin = Done: { $subject } runs me now.
commands-banned = Done: { $subject } is kept out.
commands-taken = Done: taken from { $subject }.
commands-not-granted = There was nothing to take: { $subject } did not have it.
commands-configured = That is in config.toml (`{ $subject }`): take it out there and start me again.

# Models

commands-models = **Models I can use**
commands-model-serving = answering now
commands-model-update = Update the one in use
commands-model-none = I see no model. Install Ollama and choose one: `/model choose gemma3:4b`
commands-model-what = Write `/model`, `/model choose NAME` or `/model update`.
commands-model-step = ⏳ { $status }
commands-model-pull = ⏳ { $status }: { $percent } % ({ $done } of { $total } GB)
commands-model-failed =
    I couldn't change the model, so the former one still answers.

    { $detail }
commands-model-changed = Done: `{ $name }` answers now.
