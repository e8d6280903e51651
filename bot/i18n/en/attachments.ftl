attachments-voice = I do not understand voice messages yet. Could you write it?
attachments-unsupported = I cannot read “{ $name }”: for now I only read text files and pictures.
attachments-no-eyes = The model I answer with cannot see pictures. Could you tell me what is in it?
attachments-too-large = “{ $name }” is too large: I read up to { $limit } MB.
attachments-not-text = That file is not text, so I cannot read it.
attachments-not-picture = That picture is not a PNG, JPEG, GIF or WebP, so I cannot see it.
attachments-empty = (Empty file: { $name })
attachments-file = File { $name }:
attachments-cut =
    { $words ->
        [one] (Only the first word: the file goes on.)
       *[other] (Only the first { $words } words: the file goes on.)
    }
